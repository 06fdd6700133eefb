import {expectEqual, expectMatch, expectSameLines} from '../expect.js';
import {commandLineOf, expectDrivers, filesOf, makeProfile} from '../host-state.js';
import {guestCard} from '../machine/host.js';

/** From an installed host to an applied one and back, where something else than GRUB or initramfs-tools does the work. */
const lifeWith = ({name, image, title}) => ({
  name,
  isFast: false,
  title,
  run: async (lab) => {
    const machine = await lab.installedHost({image});
    const before = {files: await filesOf(machine), commandLine: await commandLineOf(machine)};
    await makeProfile(machine, guestCard);

    lab.say('apply, reboot');
    await machine.run('vfio-pilot apply lab.yaml --yes', 1200);
    await machine.reboot();
    await expectDrivers(machine, {isGivenAway: true});
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');

    lab.say('rollback, reboot');
    await machine.run('vfio-pilot rollback --yes', 1200);
    await machine.reboot();
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');
    expectEqual(await commandLineOf(machine), before.commandLine, '/proc/cmdline');
    await expectDrivers(machine, {isGivenAway: false});
  },
});

export const dracut = lifeWith({
  name: 'dracut',
  image: 'debian-12-dracut',
  title: 'A host with dracut: only the chosen card is with vfio-pci, and rollback leaves all as it was',
});

export const unifiedImage = lifeWith({
  name: 'unified-image',
  image: 'debian-13-uki',
  title:
    'A host whose kernels are unified images: only the chosen card is with vfio-pci, and rollback leaves all as it was, on the EFI partition too',
});

export const systemdBoot = lifeWith({
  name: 'systemd-boot',
  image: 'debian-12-systemd-boot',
  title:
    'A host with systemd-boot: only the chosen card is with vfio-pci, and rollback leaves all as it was, on the EFI partition too',
});
