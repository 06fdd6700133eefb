import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {commandLineOf, expectDrivers, filesOf, hugepagesOf, makeProfile, pagesOnCardNode} from '../host-state.js';
import {guestCard} from '../machine/host.js';

const memoryMiB = 512;

export const oldKernel = {
  name: 'old-kernel',
  isFast: false,
  title:
    'On a kernel that has no hugepages=NODE:COUNT the release unit leaves pages on the wanted node only (Debian 11, 5.10)',
  run: async (lab) => {
    const machine = await lab.installedHost({image: 'debian-11'});
    const before = {files: await filesOf(machine), commandLine: await commandLineOf(machine)};
    expectMatch(await machine.run('uname -r'), /^5\.10\./, 'the kernel');
    await makeProfile(machine, guestCard, {memoryMiB});

    lab.say('apply, reboot');
    await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    await machine.reboot();
    const commandLine = await commandLineOf(machine);
    const [, asked] = / hugepages=(\d+)(?: |$)/.exec(commandLine) ?? [];
    expectTrue(
      Number(asked) > memoryMiB / 2,
      `the kernel was to be asked for more than ${memoryMiB / 2} pages, on all nodes: ${commandLine}`,
    );

    lab.say('the kernel had them on both nodes; the unit has given back those of the other');
    expectMatch(
      await machine.run('systemctl show -p ActiveState -p Result vfio-pilot-hugepages.service'),
      /ActiveState=active[^]*Result=success|Result=success[^]*ActiveState=active/,
      'the unit',
    );
    expectEqual(await hugepagesOf(machine), pagesOnCardNode(machine.host, memoryMiB), 'hugepages on the nodes');
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');
    await expectDrivers(machine, {isGivenAway: true});

    lab.say('rollback, reboot');
    await machine.run('vfio-pilot rollback --yes', 300);
    await machine.reboot();
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');
    expectEqual(
      [await commandLineOf(machine), await hugepagesOf(machine)],
      [before.commandLine, [0, 0]],
      '/proc/cmdline and the hugepages',
    );
  },
};
