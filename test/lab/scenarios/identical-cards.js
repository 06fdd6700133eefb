import {expectEqual, expectMatch} from '../expect.js';
import {expectClaims, expectDrivers, kernelsOf} from '../host-state.js';
import {appliedHostOf} from '../applied-host.js';
import {guestCard, hostCard, sharedCard} from '../machine/host.js';

const twins = [guestCard, hostCard, sharedCard];

const expectOnlyTheChosen = async (machine) => {
  const ids = await machine.run(
    `cd /sys/bus/pci/devices && cat ${twins.map((address) => `${address}/vendor ${address}/device`).join(' ')}`,
  );
  expectEqual(new Set(ids.split('\n')).size, 2, 'the number of different vendor and device ids');
  await expectDrivers(machine, {isGivenAway: true});
};

export const identicalCards = {
  name: 'identical-cards',
  isFast: false,
  title:
    'Of three cards with the same ids only the chosen one is with vfio-pci, before and after a kernel update, and with the older kernel',
  run: async (lab) => {
    const machine = await appliedHostOf(lab);
    lab.say('before the kernel update');
    await expectOnlyTheChosen(machine);

    lab.say("the kernel's package is configured anew, as by an update within its release; the older kernel is started");
    const image = await machine.run('ls -i /boot/initrd.img-$(uname -r); sha256sum </boot/initrd.img-$(uname -r)');
    await machine.run('DEBIAN_FRONTEND=noninteractive dpkg-reconfigure linux-image-$(uname -r)', 600);
    expectEqual(
      (await machine.run('ls -i /boot/initrd.img-$(uname -r); sha256sum </boot/initrd.img-$(uname -r)')) === image,
      false,
      'that the image is the old one',
    );
    const [older, newest] = await kernelsOf(machine);
    await machine.run(
      `grub-reboot "$(sed -n "s/^submenu .*id_option '\\([^']*\\)'.*/\\1/p" /boot/grub/grub.cfg)>$(sed -n "s/.*menuentry .*id_option '\\(gnulinux-${older}-advanced-[^']*\\)'.*/\\1/p" /boot/grub/grub.cfg)"`,
    );
    await machine.reboot(null);
    expectEqual(await machine.run('uname -r'), older, 'the kernel that runs');
    await expectOnlyTheChosen(machine);
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify on the older kernel');

    lab.say('the newest kernel, with its new image');
    await machine.reboot();
    expectEqual(await machine.run('uname -r'), newest, 'the kernel that runs');
    await expectOnlyTheChosen(machine);
    await expectClaims(machine);
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');
  },
};
