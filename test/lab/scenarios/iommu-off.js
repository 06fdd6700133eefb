import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {
  commandLineOf,
  expectDrivers,
  filesOf,
  hugepagesOf,
  makeProfile,
  pagesOnCardNode,
  planOf,
} from '../host-state.js';
import {guestCard} from '../machine/host.js';

const memoryMiB = 512;
const groupsOf = (machine) => machine.run('ls /sys/kernel/iommu_groups | wc -l');
const isOn = (commandLine) =>
  commandLine
    .split(/\s+/)
    .filter((argument) => argument.startsWith('intel_iommu'))
    .join(' ');

export const iommuOff = {
  name: 'iommu-off',
  isFast: false,
  title:
    'A host whose kernel line has no intel_iommu=on: nothing is added where the kernel has it on by itself; refused with intel_iommu=off, which is replaced and put back once the IOMMU was on for one boot',
  run: async (lab) => {
    const machine = await lab.installedHost();
    await makeProfile(machine, guestCard, {memoryMiB});
    lab.say("no argument: Debian's kernel turns the IOMMU on by itself (INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF)");
    await machine.run("sed -i 's/ intel_iommu=on//' /etc/default/grub && update-grub", 180);
    await machine.reboot();
    expectEqual(isOn(await commandLineOf(machine)), '', 'the arguments about the IOMMU');
    expectTrue(Number(await groupsOf(machine)) > 0, 'there are no IOMMU groups');
    const needless = await planOf(machine, 'lab.yaml');
    expectEqual(needless.code, 0, 'the exit code of plan');
    expectEqual(
      needless.kernelArguments.add.filter((text) => text.startsWith('intel_iommu')),
      [],
      'what plan adds about the IOMMU',
    );

    await machine.run(
      `sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT="[^"]*/& intel_iommu=off/' /etc/default/grub && update-grub`,
      180,
    );
    await machine.reboot();
    const before = {files: await filesOf(machine), commandLine: await commandLineOf(machine)};
    expectEqual(
      [isOn(before.commandLine), await groupsOf(machine)],
      ['intel_iommu=off', '0'],
      'intel_iommu on the kernel line, and the number of IOMMU groups',
    );

    lab.say('the IOMMU is off: plan says so, and apply writes nothing');
    const refused = await planOf(machine, 'lab.yaml');
    expectEqual(refused.code, 3, 'the exit code of plan');
    expectMatch(
      JSON.stringify(refused.findings.filter(({severity}) => severity === 'blocker')),
      /intel_iommu=o/,
      'the blockers',
    );
    expectEqual((await machine.tryRun('vfio-pilot apply lab.yaml --yes', 120)).code, 3, 'the exit code of apply');
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');

    lab.say('for one boot it is on, as by the editor of GRUB');
    await machine.run(
      `cp -p /boot/grub/grub.cfg /root/grub.cfg && sed -i '0,/^\\tlinux/s/^\\tlinux.*/& intel_iommu=on/' /boot/grub/grub.cfg && sync`,
    );
    await machine.reboot();
    await machine.run('cp -p /root/grub.cfg /boot/grub/grub.cfg');
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');
    expectTrue(Number(await groupsOf(machine)) > 0, 'there are no IOMMU groups');

    lab.say('apply, reboot: the argument is written, once');
    await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    await machine.reboot();
    expectEqual(isOn(await commandLineOf(machine)), 'intel_iommu=on', 'the arguments about the IOMMU');
    await expectDrivers(machine, {isGivenAway: true});
    expectEqual(await hugepagesOf(machine), pagesOnCardNode(machine.host, memoryMiB), 'hugepages on the nodes');
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');

    lab.say('rollback, reboot: it is gone again');
    await machine.run('vfio-pilot rollback --yes', 300);
    await machine.reboot();
    expectSameLines(await filesOf(machine), before.files, 'the files in /etc and /boot');
    expectEqual(
      [await commandLineOf(machine), await groupsOf(machine)],
      [before.commandLine, '0'],
      '/proc/cmdline and the number of IOMMU groups',
    );
    await expectDrivers(machine, {isGivenAway: false});
  },
};
