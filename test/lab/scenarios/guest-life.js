import {expectEqual, expectMatch, expectSameLines, expectTrue} from '../expect.js';
import {emulated} from '../guest/emulated.js';
import {installerLine, makeInstaller} from '../guest/installer.js';
import {driversOf, expectKept, filesOf} from '../host-state.js';
import {guestCard, guestSound} from '../machine/host.js';
import {hostdevsOf} from '../placed-guest.js';

const installer = '/var/lib/libvirt/images/installer.iso';
const ownDisk = {path: '/var/lib/libvirt/images/lab.qcow2', format: 'qcow2'};
const poolDisk = {path: '/srv/guests/lab.raw', format: 'raw'};
const sizeMiB = 1024;

/** Taken by libvirt when the guest starts, so that no phase needs a reboot; firmware that starts the installer's two sectors. */
const profileOf = (disk) => `version: 1
name: lab
devices:
  - address: ${guestCard}
  - address: ${guestSound}
binding: libvirt
cpu:
  vcpus: 2
  isolation: none
memory:
  size: 256 MiB
  hugepages: none
guest:
  name: lab
  os: linux
  firmware: bios
  diskSize: ${sizeMiB} MiB
  cdrom: ${installer}
  phase: install
${disk === poolDisk ? `  diskPool: guests\n  diskFormat: ${disk.format}\n` : ''}host:
  acceptLossOf: [${guestCard}]
`;

const writeProfile = (machine, disk) => machine.run(`cat >lab.yaml <<'END'\n${profileOf(disk)}END`);
const definitionOf = (machine) => machine.run('virsh dumpxml --inactive lab', 60);

/** As it reads a definition, libvirt puts controllers of one type together (virDomainControllerInsertPreAlloced): it does not keep their order. */
const withControllersSorted = (xml) => {
  const controller = / *<controller [^>]*?(?:\/>|>[^]*?<\/controller>)\n/g;
  return [xml.replaceAll(controller, ''), ...(xml.match(controller) ?? []).sort()].join('');
};

const expectNewDisk = async (machine, {path, format}) => {
  expectEqual(await machine.run(`stat -c '%U %G %a' ${path}`), 'root root 600', `owner and mode of ${path}`);
  const {format: found, 'virtual-size': bytes} = JSON.parse(
    await machine.run(`qemu-img info --output json ${path}`, 60),
  );
  expectEqual([found, bytes], [format, sizeMiB * 1024 * 1024], `${path}: format and size in bytes`);
};

/** The first two sectors of the disk, also while a guest writes to it; the second begins with how often the installed system was started. */
const sectorsOf = async (machine) => {
  const text = await machine.run(
    `qemu-img dd -U -f ${ownDisk.format} -O raw bs=512 count=2 if=${ownDisk.path} of=/root/sectors && base64 -w 0 /root/sectors`,
    60,
  );
  const bytes = Buffer.from(text, 'base64');
  return {first: bytes.subarray(0, 512), starts: bytes[512]};
};

/** What a phase shows to the guest, as libvirt has it. */
const shown = (xml) => ({
  screen: /<graphics type='vnc'/.test(xml) && /<model type='vga'/.test(xml),
  keyboardAndTablet: /<input type='keyboard' bus='usb'/.test(xml) && /<input type='tablet' bus='usb'/.test(xml),
  media: [...xml.matchAll(/device='cdrom'>[^]*?<source file='([^']+)'/g)].map(([, path]) => path),
  functions: hostdevsOf(xml),
});

const expected = (phase, functions) => ({
  screen: phase !== 'run',
  keyboardAndTablet: phase !== 'run',
  media: phase === 'install' ? [installer] : [],
  functions: phase === 'install' ? [] : functions,
});

/**
 * libvirt runs a copy of its own definition, which differs in what starts it; the definition stays unchanged. `look` is
 * called before the guest's first instruction.
 */
const startGuest = async (machine, look) => {
  const xml = emulated(await definitionOf(machine));
  await machine.run(`cat >running.xml <<'XML'\n${xml}\nXML\nvirsh create --paused running.xml`, 120);
  await look(await machine.run('virsh dumpxml lab', 60));
  await machine.run('virsh resume lab', 60);
};

const waitForEnd = (machine) =>
  machine.run(
    `(for i in $(seq 300); do [ "$(virsh domstate lab)" = 'shut off' ] && exit 0; sleep 1; done; virsh domstate lab; exit 1)`,
    200,
  );

/** In text mode: a byte for a letter, and one for its colour. */
const screenOf = async (machine) => {
  const text = await machine.run('virsh qemu-monitor-command --hmp lab "xp /4000bx 0xb8000"', 60);
  const bytes = [...text.matchAll(/0x([0-9a-f]{2})\b/g)].map(([, byte]) => Number.parseInt(byte, 16));
  return Buffer.from(bytes.filter((_, index) => index % 2 === 0)).toString('latin1');
};

const waitForLine = async (machine, line) => {
  let screen = '';
  for (let attempt = 0; attempt < 60; attempt += 1) {
    screen = await screenOf(machine);
    if (screen.includes(line)) return;
    await machine.run('sleep 2');
  }
  throw new Error(`The emulated screen never said ${line}:\n${screen.replaceAll(/ {2,}/g, '\n')}`);
};

/** Of `guest phase`, a line each for what comes and what goes. */
const diffs = {
  prepare: [/^-.*installer\.iso/m, /^\+.*bus='0x41' slot='0x00' function='0x0'/m],
  run: [/^-.*<graphics type='vnc'/m, /^\+.*<model type='none'/m],
};

export const guestLife = {
  name: 'guest-life',
  isFast: false,
  title: 'One profile makes disk and guest; its installer runs, the guest goes to prepare and run, and back',
  run: async (lab) => {
    const machine = await lab.installedHost();
    const {system} = await makeInstaller(machine, installer);
    await machine.run('virsh pool-define-as guests dir --target /srv/guests && virsh pool-build guests', 60);
    expectEqual(await machine.run('virsh list --all --name'), '', 'the guests that libvirt knows');
    const functions = machine.host.card.functions.map(({address}) => address);
    const drivers = machine.host.card.functions.map(({driver}) => driver);
    const before = await filesOf(machine);

    lab.say('plan writes nothing; apply makes the disk and the guest');
    await writeProfile(machine, ownDisk);
    expectEqual((await machine.tryRun('vfio-pilot plan lab.yaml --exit-code', 60)).code, 10, 'the exit code of plan');
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
    expectEqual((await machine.tryRun(`ls ${ownDisk.path}`)).code, 2, `the exit code of ls ${ownDisk.path}`);
    await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    await expectNewDisk(machine, ownDisk);
    const states = {
      install: {files: await filesOf(machine), xml: await definitionOf(machine)},
    };
    expectEqual(shown(states.install.xml), expected('install', functions), 'the guest in the phase install');
    expectEqual(
      (await machine.tryRun('vfio-pilot plan lab.yaml --exit-code', 60)).code,
      0,
      'the exit code of a second plan',
    );

    lab.say('the guest starts its installer, which waits for a key; until then the disk is empty');
    await startGuest(machine, async (xml) =>
      expectEqual(shown(xml), expected('install', functions), 'the running guest'),
    );
    await waitForLine(machine, installerLine);
    expectEqual(await driversOf(machine, functions), drivers, 'the drivers of the card');
    expectTrue(
      (await sectorsOf(machine)).first.every((byte) => byte === 0),
      'something is on the disk before a key was pressed',
    );
    await machine.run('virsh send-key lab KEY_ENTER', 60);
    await waitForEnd(machine);
    const installed = await sectorsOf(machine);
    expectEqual(installed.first.toString('hex'), system.toString('hex'), 'the first sector of the disk');
    expectEqual(installed.starts, 0, 'the starts of the installed system');
    expectEqual(await definitionOf(machine), states.install.xml, "libvirt's definition after the installation");
    expectEqual(
      (await machine.tryRun('vfio-pilot plan lab.yaml --exit-code', 60)).code,
      0,
      'the exit code of plan after the installation',
    );

    let starts = 0;
    for (const phase of ['prepare', 'run']) {
      lab.say(`the phase ${phase}: a diff, and then the change; the guest starts from its disk, with its card`);
      const files = await filesOf(machine);
      const dry = await machine.run(`vfio-pilot guest phase lab ${phase} --dry-run`, 120);
      for (const pattern of diffs[phase]) expectMatch(dry, pattern, 'the diff');
      expectSameLines(await filesOf(machine), files, 'the files in /etc and /boot after a dry run');
      await machine.run(`vfio-pilot guest phase lab ${phase} --yes`, 300);
      const xml = await definitionOf(machine);
      states[phase] = {files: await filesOf(machine), xml};
      expectEqual(shown(xml), expected(phase, functions), `the guest in the phase ${phase}`);
      await startGuest(machine, async (running) => {
        expectEqual(shown(running), expected(phase, functions), 'the running guest');
        expectEqual(
          await driversOf(machine, functions),
          functions.map(() => 'vfio-pci'),
          'the drivers of the card',
        );
        await expectKept(machine);
      });
      await waitForEnd(machine);
      starts += 1;
      expectEqual((await sectorsOf(machine)).starts, starts, 'the starts of the installed system');
      expectEqual(await driversOf(machine, functions), drivers, 'the drivers of the card after the end of the guest');
    }

    for (const [phase, left] of [
      ['run', 'prepare'],
      ['prepare', 'install'],
    ]) {
      lab.say(`rollback of ${phase}: the guest is as it was in ${left}`);
      await machine.run('vfio-pilot rollback --yes', 300);
      expectEqual(
        withControllersSorted(await definitionOf(machine)),
        withControllersSorted(states[left].xml),
        "libvirt's definition",
      );
      expectSameLines(await filesOf(machine), states[left].files, 'the files in /etc and /boot');
    }
    lab.say('rollback of apply: the guest is gone, and the disk that was used is kept, which is said');
    const told = await machine.run('vfio-pilot rollback --yes', 300);
    expectMatch(told, /lab\.qcow2 stays: it was written to/, 'what rollback says of the disk');
    expectEqual(await machine.run('virsh list --all --name'), '', 'the guests that libvirt knows');
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
    expectEqual((await sectorsOf(machine)).starts, starts, 'the starts in the disk that was kept');

    lab.say('a second life, in a pool and without a start: its disk goes with the rollback');
    await writeProfile(machine, poolDisk);
    await machine.run('vfio-pilot apply lab.yaml --yes', 600);
    await expectNewDisk(machine, poolDisk);
    expectMatch(await definitionOf(machine), new RegExp(`<source file='${poolDisk.path}'`), 'the disk of the guest');
    await machine.run('vfio-pilot rollback --yes', 300);
    expectEqual(await machine.run('ls -A /srv/guests'), '', 'the files in the pool');
    expectEqual(await machine.run('virsh list --all --name'), '', 'the guests that libvirt knows');
    expectSameLines(await filesOf(machine), before, 'the files in /etc and /boot');
  },
};
