import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {haltingDomain, installRom} from '../guest/report.js';
import {driversOf, expectUnitBeforeGuests, filesOf, planOf, promisesOf} from '../host-state.js';

const profileOf = (name, parent, index) => `version: 2
name: ${name}
devices:
  - function:
      of: {address: ${parent}, id: 1b36:0010}
      index: ${index}
cpu:
  vcpus: 2
  isolation: none
memory:
  size: 256 MiB
  hugepages: none
guest:
  name: ${name}
  os: linux
`;

const write = (machine, file, text) => machine.run(`cat >${file} <<'END'\n${text}\nEND`);
const countOf = (machine, parent) => machine.run(`cat /sys/bus/pci/devices/${parent}/sriov_numvfs`);

export const virtualFunctions = {
  name: 'virtual-functions',
  isFast: false,
  title:
    'A controller with SR-IOV stays with the host, and a guest that starts with the host has one of its virtual functions',
  run: async (lab) => {
    const machine = await lab.installedHost({hardware: {hasVirtualFunctions: true}});
    const parent = await machine.run('basename $(dirname /sys/bus/pci/devices/*/sriov_totalvfs)');
    await installRom(machine);
    await write(machine, 'sliced.xml', haltingDomain('sliced'));
    await machine.run('virsh define sliced.xml && virsh autostart sliced', 60);
    const before = await filesOf(machine);

    lab.say('apply for virtual function 1, while there is none');
    await write(machine, 'sliced.yaml', profileOf('sliced', parent, 1));
    expectEqual(await countOf(machine, parent), '0', 'the virtual functions of a fresh host');
    expectEqual((await planOf(machine, 'sliced.yaml')).code, 0, 'the exit code of plan');
    await machine.run('vfio-pilot apply sliced.yaml --yes', 600);
    await machine.reboot();

    lab.say('after the reboot two are there, and the guest that libvirt has started has the second');
    expectEqual(await countOf(machine, parent), '2', 'the virtual functions');
    expectEqual(await machine.run('virsh domstate sliced'), 'running', 'the guest');
    const [first, second] = (
      await machine.run(`for n in 0 1; do basename $(readlink /sys/bus/pci/devices/${parent}/virtfn$n); done`)
    ).split('\n');
    expectEqual((await driversOf(machine, [parent, second])).join(), 'nvme,vfio-pci', 'the drivers');
    expectTrue((await driversOf(machine, [first]))[0] !== 'vfio-pci', 'virtual function 0 is with vfio-pci');
    await expectUnitBeforeGuests(machine, 'vfio-pilot-vfs-sliced.service');
    const {promises} = await promisesOf(machine);
    expectEqual(
      promises.filter(({status}) => status !== 'kept').map(({promise}) => promise),
      [],
      'promises that are not kept',
    );
    expectEqual((await planOf(machine, 'sliced.yaml')).changes.length, 0, 'the changes of a second plan');

    lab.say('another guest that needs more of them is refused while this one runs, and nothing is written');
    await write(machine, 'more.yaml', profileOf('more', parent, 3));
    const applied = await filesOf(machine);
    const {code, findings} = await planOf(machine, 'more.yaml');
    expectEqual(code, 3, 'the exit code of plan');
    expectMatch(
      findings
        .filter(({code: found}) => found === 'vf-in-use')
        .map(({message}) => message)
        .join(),
      /in use by the guest sliced/,
      'the blocker',
    );
    expectEqual((await machine.tryRun('vfio-pilot apply more.yaml --yes', 120)).code, 3, 'the exit code of apply');
    expectSameLines(await filesOf(machine), applied, 'the files in /etc and /boot');

    lab.say('rollback, and after a reboot there are none');
    await machine.run('virsh destroy sliced', 60);
    await machine.run('vfio-pilot rollback --yes', 600);
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
    await machine.reboot();
    expectEqual(await countOf(machine, parent), '0', 'the virtual functions');
    expectEqual((await driversOf(machine, [parent])).join(), 'nvme', 'the driver of the controller');
  },
};
