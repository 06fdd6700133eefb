import {expectEqual, expectMatch} from '../expect.js';
import {consoleOf, driverOf, guestCard, hostCard, makeProfile} from '../host-state.js';

const twins = [guestCard, hostCard, '0000:02:00.0'];

const expectOnlyTheChosen = async (machine) => {
  const ids = await machine.run(`cd /sys/bus/pci/devices && cat ${twins.map((address) => `${address}/vendor ${address}/device`).join(' ')}`);
  expectEqual(new Set(ids.split('\n')).size, 2, 'the number of different vendor and device ids');
  const drivers = [];
  for (const address of twins) drivers.push(await driverOf(machine, address));
  expectEqual(drivers, ['vfio-pci', 'bochs-drm', 'bochs-drm'], 'the drivers of the three cards');
  expectMatch(await consoleOf(machine), new RegExp(hostCard), "the host's console");
};

const applyHere = async (lab) => {
  const machine = await lab.installedHost();
  lab.say('no host of an earlier scenario is there: applying on a fresh one');
  await makeProfile(machine, guestCard);
  await machine.run('vfio-pilot apply lab.yaml --yes', 600);
  await machine.reboot();
  return machine;
};

export const identicalCards = {
  name: 'identical-cards',
  isFast: true,
  title: 'Of three cards with the same ids only the chosen one is with vfio-pci, before and after a kernel update',
  run: async (lab) => {
    const machine = (await lab.appliedHost()) ?? (await applyHere(lab));
    lab.say('before the kernel update');
    await expectOnlyTheChosen(machine);

    lab.say("the kernel's package is configured anew, as by an update within its release");
    const image = await machine.run('ls -i /boot/initrd.img-$(uname -r); sha256sum </boot/initrd.img-$(uname -r)');
    await machine.run('DEBIAN_FRONTEND=noninteractive dpkg-reconfigure linux-image-$(uname -r)', 600);
    expectEqual((await machine.run('ls -i /boot/initrd.img-$(uname -r); sha256sum </boot/initrd.img-$(uname -r)')) === image, false, 'that the image is the old one');
    await machine.reboot();
    await expectOnlyTheChosen(machine);
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');
  },
};
