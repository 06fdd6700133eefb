import {expectEqual, expectMatch, expectSameLines} from '../expect.js';
import {commandLineOf, consoleOf, driverOf, filesOf, guestCard, hostCard, makeProfile} from '../host-state.js';

export const dracut = {
  name: 'dracut',
  isFast: false,
  title: 'A host with dracut: only the chosen card is with vfio-pci, and rollback leaves the images as they were',
  run: async (lab) => {
    const machine = await lab.installedHost({image: 'debian-12-dracut'});
    const before = {files: await filesOf(machine), commandLine: await commandLineOf(machine)};
    await makeProfile(machine, guestCard);

    lab.say('apply, reboot');
    await machine.run('vfio-pilot apply lab.yaml --yes', 1200);
    await machine.reboot();
    expectEqual([await driverOf(machine, guestCard), await driverOf(machine, hostCard)], ['vfio-pci', 'bochs-drm'], 'the drivers of both cards');
    expectMatch(await consoleOf(machine), new RegExp(hostCard), "the host's console");
    expectMatch(await machine.run('vfio-pilot verify', 60), / 0 not kept, 0 pending/, 'verify');

    lab.say('rollback, reboot');
    await machine.run('vfio-pilot rollback --yes', 1200);
    await machine.reboot();
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');
    expectEqual([await commandLineOf(machine), await driverOf(machine, guestCard)], [before.commandLine, 'bochs-drm'], '/proc/cmdline and the driver of the card');
  },
};
