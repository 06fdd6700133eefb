import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {installRom, loaderXml} from '../guest/report.js';
import {filesOf, planOf, promisesOf} from '../host-state.js';
import {run} from '../processes.js';

const modulesScript = new URL('../image/sample-modules.sh', import.meta.url).pathname;

const first = {
  guest: 'sliced',
  type: 'mbochs-medium',
  uuid: '11111111-2222-4333-8444-000000000001',
  pins: [1, 2],
  emulator: [0],
};
const second = {
  guest: 'other',
  type: 'mbochs-small',
  uuid: '11111111-2222-4333-8444-000000000002',
  pins: [3, 4],
  emulator: [5],
};

/** libvirt starts it with the host; its firmware halts at once, so that it runs as long as anybody looks. */
const domainOf = (name) => `<domain type='kvm'>
  <name>${name}</name>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>${loaderXml}</os>
  <features><acpi/><apic/></features>
  <devices><memballoon model='none'/></devices>
</domain>`;

/** With pins: on so few CPUs the emulator of the first guest would move once the second is there. */
const profileOf = ({guest, type, uuid, pins, emulator}) => `version: 2
name: ${guest}
devices:
  - mdev: {parent: mbochs, type: ${type}, uuid: ${uuid}}
cpu:
  vcpus: 2
  pins: [${pins.join(', ')}]
  emulator: [${emulator.join(', ')}]
  isolation: none
memory:
  size: 256 MiB
  hugepages: none
guest:
  name: ${guest}
  os: linux
`;

const write = (machine, file, text) => machine.run(`cat >${file} <<'END'\n${text}\nEND`);
const slicesOf = (machine) => machine.run('ls -1 /sys/bus/mdev/devices');
const definitionOf = ({uuid}) => `/etc/mdevctl.d/mbochs/${uuid}`;

/** The kernel's samples make slices without any hardware; Debian has them as source only. */
const installSamples = async (machine) => {
  const release = await machine.run('uname -r');
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-samples-'));
  try {
    await run('sh', [modulesScript, release, directory], {seconds: 900});
    for (const name of ['mtty.ko', 'mbochs.ko'])
      copyFileSync(join(directory, 'modules', name), join(machine.share, name));
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
  await machine.withShare(
    `mkdir -p /lib/modules/${release}/extra && cp /mnt/share/mtty.ko /mnt/share/mbochs.ko /lib/modules/${release}/extra/ && depmod && printf 'mtty\\nmbochs\\n' > /etc/modules-load.d/samples.conf && modprobe mtty && modprobe mbochs`,
    120,
  );
};

export const mediatedDevices = {
  name: 'mediated-devices',
  isFast: false,
  title:
    'A device that makes slices stays with the host, a guest that starts with the host has one of them, and a second guest another',
  run: async (lab) => {
    const machine = await lab.installedHost();
    await installSamples(machine);
    await installRom(machine);
    for (const {guest} of [first, second]) {
      await write(machine, `${guest}.xml`, domainOf(guest));
      await machine.run(`virsh define ${guest}.xml && virsh autostart ${guest}`, 60);
    }
    const before = await filesOf(machine);

    lab.say('apply for two guests, one after the other');
    for (const slice of [first, second]) {
      await write(machine, `${slice.guest}.yaml`, profileOf(slice));
      expectEqual((await planOf(machine, `${slice.guest}.yaml`)).code, 0, 'the exit code of plan');
      await machine.run(`vfio-pilot apply ${slice.guest}.yaml --yes`, 600);
    }
    expectEqual(
      await machine.run(`cat ${definitionOf(first)}`),
      `{\n  "mdev_type": "${first.type}",\n  "start": "auto",\n  "attrs": []\n}`,
      'the definition',
    );
    await machine.reboot();

    lab.say('after the reboot both slices are there, and libvirt has started both guests with them');
    expectEqual((await slicesOf(machine)).split('\n'), [first.uuid, second.uuid], 'the slices');
    for (const {guest, type, uuid} of [first, second]) {
      expectEqual(await machine.run(`virsh domstate ${guest}`), 'running', `the guest ${guest}`);
      expectMatch(
        await machine.run(`readlink /sys/bus/mdev/devices/${uuid}/mdev_type`),
        new RegExp(`/${type}$`),
        `the type of ${uuid}`,
      );
      const order = await machine.run(
        `systemctl show -p ActiveEnterTimestampMonotonic --value vfio-pilot-mdev-${guest}.service; systemctl show -p ExecMainStartTimestampMonotonic --value libvirtd.service`,
      );
      const [made, started] = order.split('\n').map(Number);
      expectTrue(made > 0 && made <= started, `the unit was done at ${made}, and libvirtd began at ${started}`);
      expectEqual((await planOf(machine, `${guest}.yaml`)).changes.length, 0, 'the changes of a second plan');
    }
    const {promises} = await promisesOf(machine);
    expectEqual(
      promises.filter(({status}) => status !== 'kept').map(({promise}) => promise),
      [],
      'promises that are not kept',
    );

    lab.say('rollback is refused while the guest has its slice, and nothing is written');
    const applied = await filesOf(machine);
    const refused = await machine.tryRun('vfio-pilot rollback --yes', 120);
    expectTrue(refused.code !== 0, 'rollback went through while the guest ran');
    expectMatch(refused.output, /The guest other has the mediated device/, 'the refusal');
    expectSameLines(await filesOf(machine), applied, 'the files in /etc and /boot');

    lab.say('once it is off, its slice goes with the rollback, and the other guest keeps its own');
    await machine.run('virsh destroy other', 60);
    await machine.run('vfio-pilot rollback --yes', 600);
    expectEqual(await slicesOf(machine), first.uuid, 'the slices');
    expectEqual(await machine.run('virsh domstate sliced'), 'running', 'the guest sliced');

    lab.say('rollback of the first, and after a reboot there are none');
    await machine.run('virsh destroy sliced', 60);
    await machine.run('vfio-pilot rollback --yes', 600);
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
    await machine.reboot();
    expectEqual(await slicesOf(machine), '', 'the slices');
  },
};
