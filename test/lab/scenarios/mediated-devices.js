import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {haltingDomain, installRom} from '../guest/report.js';
import {expectUnitBeforeGuests, filesOf, planOf, promisesOf} from '../host-state.js';
import {run} from '../processes.js';

const modulesScript = new URL('../image/sample-modules.sh', import.meta.url).pathname;

const uuidOf = (number) => `11111111-2222-4333-8444-00000000000${number}`;

/** Of mbochs a picture, of mtty a serial port: that one has no memory, and libvirt knows its parent, which is no PCI function either. */
const slices = [
  {guest: 'sliced', parent: 'mbochs', type: 'mbochs-medium', uuid: uuidOf(1), pin: 1},
  {guest: 'other', parent: 'mbochs', type: 'mbochs-small', uuid: uuidOf(2), pin: 2},
  {guest: 'serial', parent: 'mtty', type: 'mtty-2', uuid: uuidOf(3), pin: 4},
];

/** With pins: on so few CPUs the emulator of the first guest would move once the second is there. */
const profileOf = ({guest, parent, type, uuid, pin}) => `version: 2
name: ${guest}
devices:
  - mdev: {parent: ${parent}, type: ${type}, uuid: ${uuid}}
cpu:
  vcpus: 1
  pins: [${pin}]
  emulator: [0]
  isolation: none
memory:
  size: 256 MiB
  hugepages: none
guest:
  name: ${guest}
  os: linux
`;

const write = (machine, file, text) => machine.run(`cat >${file} <<'END'\n${text}\nEND`);
const slicesOf = async (machine) =>
  (await machine.run('ls -1 /sys/bus/mdev/devices')).split('\n').filter((uuid) => uuid !== '');
const uuidsOf = (some) => some.map(({uuid}) => uuid);
const definitionOf = ({parent, uuid}) => `/etc/mdevctl.d/${parent}/${uuid}`;

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
    'Two devices that make slices stay with the host, and each of three guests that start with the host has a slice of its own',
  run: async (lab) => {
    const machine = await lab.installedHost();
    await installSamples(machine);
    await installRom(machine);
    for (const {guest} of slices) {
      await write(machine, `${guest}.xml`, haltingDomain(guest));
      await machine.run(`virsh define ${guest}.xml && virsh autostart ${guest}`, 60);
    }
    const before = await filesOf(machine);

    lab.say('apply for three guests, one after the other');
    for (const slice of slices) {
      await write(machine, `${slice.guest}.yaml`, profileOf(slice));
      expectEqual((await planOf(machine, `${slice.guest}.yaml`)).code, 0, 'the exit code of plan');
      await machine.run(`vfio-pilot apply ${slice.guest}.yaml --yes`, 600);
      expectEqual(
        await machine.run(`cat ${definitionOf(slice)}`),
        `{\n  "mdev_type": "${slice.type}",\n  "start": "auto",\n  "attrs": []\n}`,
        'the definition',
      );
    }
    await machine.reboot();

    lab.say('after the reboot all slices are there, and libvirt has started each guest with its own');
    expectEqual(await slicesOf(machine), uuidsOf(slices), 'the slices');
    for (const slice of slices) await expectGuestWithSlice(machine, slice);
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
    expectMatch(refused.output, /The guest serial has the mediated device/, 'the refusal');
    expectSameLines(await filesOf(machine), applied, 'the files in /etc and /boot');

    lab.say('once one is off, its slice goes with the rollback, and the others keep theirs');
    const left = [...slices];
    while (left.length > 0) {
      const {guest} = left.pop();
      await machine.run(`virsh destroy ${guest}`, 60);
      await machine.run('vfio-pilot rollback --yes', 600);
      expectEqual(await slicesOf(machine), uuidsOf(left), 'the slices');
      for (const other of left)
        expectEqual(await machine.run(`virsh domstate ${other.guest}`), 'running', `the guest ${other.guest}`);
    }

    lab.say('every file is as before, and after a reboot there is no slice');
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
    await machine.reboot();
    expectEqual(await slicesOf(machine), [], 'the slices');
  },
};

/** Made before libvirt looked for guests to start, of the type that was asked for, and QEMU holds it. */
const expectGuestWithSlice = async (machine, {guest, type, uuid}) => {
  expectEqual(await machine.run(`virsh domstate ${guest}`), 'running', `the guest ${guest}`);
  expectMatch(
    await machine.run(`readlink /sys/bus/mdev/devices/${uuid}/mdev_type`),
    new RegExp(`/${type}$`),
    `the type of ${uuid}`,
  );
  await machine.run(
    `ls -l /proc/$(cat /run/libvirt/qemu/${guest}.pid)/fd | grep -q "/dev/vfio/$(basename $(readlink /sys/bus/mdev/devices/${uuid}/iommu_group))$"`,
  );
  await expectUnitBeforeGuests(machine, `vfio-pilot-mdev-${guest}.service`);
  expectEqual((await planOf(machine, `${guest}.yaml`)).changes.length, 0, 'the changes of a second plan');
};
