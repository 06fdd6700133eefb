import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {isFileChange} from '../../src/changes/change.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import {importConfig} from '../../src/exchange/arcd/import-config.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import type {Profile, ProfileDevice} from '../../src/profile/profile.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {runCli} from '../support/run-cli.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';

const folder = join(import.meta.dirname, 'arcd');
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-arcd-'));
afterAll(() => rmSync(directory, {recursive: true}));

/** Invented: a host with the cards that the files name, each with its sound. */
const facts = sampleFacts(defaultShape, {
  pci: [
    ...samplePciFunctions.filter(({address}) => !/^0000:(?:41|02):/.test(address)),
    samplePci('0000:41:00.0', {iommuGroup: 100, numaNode: 0}),
    samplePci('0000:41:00.1', {iommuGroup: 100, numaNode: 0, class: '040300'}),
    samplePci('0000:02:00.0', {iommuGroup: 101, numaNode: 0}),
  ],
});
const home = '/home/lab';

const importText = (text: string, file = 'guest.yaml', from = facts, userHome: string | null = home) =>
  importConfig(from, {word: file, text, home: userHome});
const importCase = (name: string) => importText(readFileSync(join(folder, `${name}.yaml`), 'utf8'), `${name}.yaml`);

type Expected = {
  readonly blocked: boolean;
  readonly profile: Readonly<Record<string, unknown>> | null;
  readonly findings: readonly string[];
};
const {README: _, ...expected} = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Expected>
>;

const told = (findings: readonly Finding[], pattern: RegExp): RegExpExecArray | null =>
  findings.map(({message, remedy}) => pattern.exec(`${message}\n${remedy}`)).find((match) => match !== null) ?? null;

/** In the words of expected.json; what a profile has no key for is in the findings. */
const neutral = ({cpu, memory, guest, devices}: Profile, findings: readonly Finding[]) => {
  const spice = told(findings, /no key for SPICE \(arcd: ([\d.]+), port (\d+)\)/);
  const vnc = told(findings, /VNC on port (\d+) of all addresses, .* Here VNC is on ([\d.]+) only/);
  const nics = findings.flatMap(({message}) => /network card for ([\da-f:]{17})\./.exec(message)?.[1] ?? []);
  return {
    guest: {
      name: guest.name,
      os: guest.os,
      hideHypervisor: guest.hideHypervisor,
      phase: guest.phase,
      disk: guest.disk.replace(home, '~'),
      diskSizeGiB: (guest.diskSizeMiB ?? 0) / 1024,
      cdrom: guest.cdrom,
      vcpus: cpu.vcpus,
      memoryMiB: memory.sizeMiB,
      display: {
        spice: spice === null ? null : {port: Number(spice[2]), listen: spice[1]},
        vnc: vnc === null ? null : {port: Number(vnc[1]), listen: vnc[2]},
      },
      lookingGlass: guest.lookingGlass === null ? null : {memory: 'shm', sizeMiB: guest.lookingGlass.sizeMiB},
      share: guest.share[0] ?? null,
    },
    devices: devices.map(neutralDevice),
    nics: nics.map((mac) => ({kind: 'vf', physicalFunction: null, mac})),
  };
};

const neutralDevice = (device: ProfileDevice) => {
  if (device.kind === 'function') return {kind: 'pci', address: device['address']};
  const {type, vramMiB, suffix, parent} = device['mdev'] as {
    readonly type: string | null;
    readonly vramMiB: {readonly minimum: number; readonly maximum: number} | null;
    readonly suffix: string | null;
    readonly parent: string;
  };
  return {
    kind: 'mdev',
    type,
    vramMiB: vramMiB === null ? null : [vramMiB.minimum, vramMiB.maximum],
    suffix: suffix ?? '',
    parent: parent === 'auto' ? null : parent,
  };
};

const commands = (key: string) => new RegExp(`^${key} of arcd are left out, and were not run: `);

/** What each word of `findings` means, with what comes after its colon. */
const meanings: Readonly<Record<string, (value: string) => RegExp>> = {
  'scream-dropped': () => /for Scream \(sound\), is left out/,
  'looking-glass-not-started': () => /\(startintro\)\. Here nothing starts one/,
  'ports-not-forwarded': (ports) =>
    new RegExp(`forwards ports of the host to the guest: ${ports.replaceAll('->', ' to ').replaceAll(',', ', ')}\\.`),
  'range-ignored-type-is-exact': () => /names the type .* so minVRam and maxVRam \(\d+ to \d+ MiB\) are left out/,
  'gim-not-served': () => /AMD's GIM driver \(S7150\), which this version does not serve/,
  'siblings-of-the-function-to-be-proposed-from-the-host': () =>
    /gives the guest 0000:41:00.0 alone\. The card has 0000:41:00.1 too, which a plan adds/,
  'spoofed-ids-dropped': () =>
    /x-pci-device-id=0x1e30, -set .*x-pci-sub-device-id=0x12ba: with this the guest sees another card.* left out/,
  'vnc-not-on-all-addresses': () => /VNC on port 5901 of all addresses, without a password\. Here VNC is on 127/,
  'nic-needs-a-physical-function': () => /A profile names the card, so it is without this one/,
  'startup-commands-not-run': () => commands('startupCommands'),
  'teardown-commands-not-run': () => commands('teardownCommands'),
  'app-commands-not-run': () => commands('appCommands'),
  'share-is-virtiofs-now': () => /as a disk with FAT.*Here it is shared by virtiofs/,
  'no-remote-display-emulated-one-chosen': () => /in a window of QEMU\. Here its emulated screen is VNC/,
  'unattended-install-not-served': () => /installs win10 by itself \(installOs\)\. vfio-pilot does not/,
  'extra-disks-not-imported': (disk) => new RegExp(`so ${disk} of container.state is not in it`),
  'excluded-device': (address) => new RegExp(`arcd never takes ${address}\\.`),
  'guest-without-any-display': () => /The guest has no display at all/,
  'unknown-key': (key) => new RegExp(`arcd has no key \`${key}\``),
  'container-missing': () => /The file has no container/,
  'disk-path-leaves-its-folder': () => /The disk \.\.\/\.\.\/passwd leaves its folder/,
  'disk-size-out-of-range': () => /initialSize` is 99999999, which is no whole number from 1 to/,
  'cdrom-not-an-absolute-path': () => /iso is \|id, which is no usable absolute path/,
  'name-replaced': () => /The guest is called a-rm--rf, because a"; rm -rf \/ # has signs/,
};

/** Told too: what a profile has no key for, and what is true here and not of arcd. */
const others: readonly RegExp[] = [
  /no key for SPICE/,
  /The disk is on SATA, as under arcd/,
  /so that `devices` of the profile is empty/,
  /in its drive only in the phase install/,
  /gives the guest 0000:02:00.0 alone, and this host has no other function/,
];

const meaningOf = (word: string): RegExp => {
  const [name = '', ...value] = word.split(':');
  return meanings[name]?.(value.join(':')) ?? /^there is no such meaning$/;
};

const isSaid = ({message, remedy}: Finding, pattern: RegExp): boolean => pattern.test(`${message}\n${remedy}`);

describe('import arcd', () => {
  it('has an expectation for each input, and an input for each expectation', () => {
    const names = readdirSync(folder).flatMap((name) => /^(.*)\.yaml$/.exec(name)?.[1] ?? []);
    expect(names.sort()).toEqual(Object.keys(expected).sort());
    expect(names).toHaveLength(15);
  });

  it.each(Object.entries(expected))('%s means what is expected of it, and tells it', (name, {profile, findings}) => {
    const imported = importCase(name);
    const said = imported.profile === null ? imported.findings : imported.leftOut;
    expect(imported.profile === null ? null : neutral(imported.profile, said)).toEqual(profile);
    const wanted = findings.map(meaningOf);
    expect(findings.filter((_word, index) => !said.some((one) => isSaid(one, wanted[index] ?? /$^/)))).toEqual([]);
    const allowed = imported.profile === null ? wanted : [...wanted, ...others];
    expect(said.filter((one) => !allowed.some((pattern) => isSaid(one, pattern)))).toEqual([]);
  });

  it.each(Object.entries(expected))('%s makes a file that is a profile, or blockers and none', (name, {blocked}) => {
    const imported = importCase(name);
    if (imported.profile === null) {
      expect(blocked).toBe(true);
      expect(imported.findings[0]?.severity).toBe('blocker');
      return;
    }
    expect(blocked).toBe(false);
    expect(imported.leftOut.filter(({severity}) => severity === 'blocker')).toEqual([]);
    const again = decodeProfile(encodeProfile(imported.profile), 'x.yaml');
    expect(again.findings).toEqual([]);
    expect(again.profile?.devices).toEqual(imported.profile.devices);
    expect(again.profile?.guest).toEqual(imported.profile.guest);
  });

  it('gives the card with its ids and its place where this host has it, and the address alone where not', () => {
    const {profile} = importCase('passthrough');
    expect(profile?.devices).toMatchObject([{kind: 'function', address: '0000:41:00.0', id: '10de:1c81'}]);
    const away = importText(readFileSync(join(folder, 'passthrough.yaml'), 'utf8'), 'x.yaml', sampleFacts());
    expect(away.profile?.devices).toMatchObject([{address: '0000:41:00.0', id: null, subsystem: null}]);
    expect(away.profile === null ? [] : away.leftOut.map(({message}) => message)).toContainEqual(
      expect.stringContaining('No device is at 0000:41:00.0 on this host.'),
    );
  });

  it.each([
    ['passthrough', ['0000:0a:00.0', '0000:0a:00.1', '0000:0a:00.2', '0000:0a:00.3']],
    ['commands-and-share', []],
  ])('plans %s: the whole card, or no device at all', (name, devices) => {
    const host = readHost(openSource(unpackHost('ryzen-two-cards'), null));
    const text = readFileSync(join(folder, `${name}.yaml`), 'utf8').replace('41:00.0', '0a:00.0');
    const {profile} = importText(text, 'x.yaml', host);
    if (profile === null) throw new Error('it makes no profile');
    const {plan, changes, findings} = previewChanges(host, profile);
    expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
    expect(plan?.devices.map(({address}) => address)).toEqual(devices);
    const domain = changes.filter(isFileChange).find(({path}) => path.endsWith('/Lab-guest.xml'));
    const xml = domain?.content?.text ?? '';
    expect(xml).toContain("<source file='/home/lab/.local/libvf.io/kernel/windows.arc'/>");
    expect(xml.match(/<hostdev /g) ?? []).toHaveLength(devices.length);
    // As arcd started it: on SATA, without a firmware of its own; and none of its commands.
    expect(xml).toContain("<target dev='sda' bus='sata'/>");
    expect(xml).toContain("<model type='e1000e'/>");
    expect(xml).not.toContain('iothread');
    expect(xml).not.toMatch(/firmware=|smbd/);
    expect(domain?.why.join()).not.toMatch(/takes (?:,|$)/);
  });

  it('plans a guest without a device also where no device could be given away', () => {
    const host = readHost(openSource(unpackHost('dell-r710-gtx1050'), null));
    const {profile} = importText(readFileSync(join(folder, 'create-win10.yaml'), 'utf8'), 'x.yaml', host);
    if (profile === null) throw new Error('it makes no profile');
    const {plan, findings} = previewChanges(host, profile);
    expect(findings.map(({code}) => code)).not.toContain('interrupt-remapping-missing');
    expect(findings.map(({code}) => code)).not.toContain('cpu-node-unknown');
    expect(plan?.decisions.find(({subject}) => subject === 'cpu.node')?.because).toContain(
      'takes no device of the host',
    );
  });

  it('gives two slices of one file, and those of two guests, a UUID each', () => {
    const gpu = '[{gpuType: sysfsdev}, {mdevType: nvidia-258}]';
    const uuids = ['a', 'b'].flatMap((name) =>
      (
        importText(`name: ${name}\nroot: /srv\ncontainer: {kernel: a}\ngpus: [${gpu}, ${gpu}]\n`).profile?.devices ?? []
      ).map((device) => (device['mdev'] as {readonly uuid: string}).uuid),
    );
    expect(uuids).toHaveLength(4);
    expect(new Set(uuids).size).toBe(4);
  });

  it('names the network cards of this host that have virtual functions', () => {
    const card = samplePci('0000:0a:00.0', {class: '020000', sriov: sampleSriov({total: 8})});
    const imported = importText('root: /srv\ncontainer: {kernel: a}\nnics: [{mac: "52:54:00:12:34:56"}]\n', 'x.yaml', {
      ...facts,
      pci: [...facts.pci, card],
    });
    expect(
      told(imported.profile === null ? [] : imported.leftOut, /virtual functions here: 0000:0a:00.0\./),
    ).not.toBeNull();
  });

  it('leaves paths below a home open until the home is named, and looks nothing up', () => {
    const text = 'root: ~/vm\ncontainer: {kernel: a.arc, iso: ~/b.iso, initialSize: 40}\n';
    expect(importText(text, 'x.yaml', facts, '/home/lab').profile?.guest).toMatchObject({
      disk: '/home/lab/vm/kernel/a.arc',
      cdrom: '/home/lab/b.iso',
    });
    const open = importText(text, 'x.yaml', facts, null);
    expect(open.profile?.guest).toMatchObject({disk: 'auto', diskSizeMiB: null, cdrom: null});
    const warned = open.profile === null ? [] : open.leftOut.filter(({severity}) => severity === 'warning');
    expect(warned.map(({remedy}) => remedy)).toEqual([
      expect.stringContaining('guest.lookingGlass.user'),
      'Import it again with that home: --home /home/NAME.',
      'Import it again with that home: --home /home/NAME.',
    ]);
  });

  const good = 'root: /srv\ncontainer: {kernel: a.arc}\n';
  it.each([
    ['nested', `gpus: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, /^1:\d+ The file is nested too deeply\.$/],
    ['nested maps', `gpus: ${'{a: '.repeat(5000)}1${'}'.repeat(5000)}\n`, /^1:\d+ The file is nested too deeply\.$/],
    ['an alias', 'name: &a x\nroot: *a\n', /^2:7 Aliases/],
    [
      'a foreign tag',
      'name: x\nroot: !!python/object /a\n',
      /^2:7 Unresolved tag: tag:yaml.org,2002:python\/object\.$/,
    ],
    ['a tag of its own', 'name: !exec x\n', /^1:7 Unresolved tag: !exec\.$/],
    ['a huge file', `a: b\n`.repeat(100_000), /^1:1 The file is larger than 256 KiB\.$/],
    ['a control character', 'name: a\u001B[31m\n', /^1:8 The file is not text/],
    ['two documents', 'a: 1\n---\nb: 2\n', /^2:1 The file holds more than one YAML document\.$/],
    ['no map', '- a\n', /^1:1 The file is not a map/],
    ['nothing', '', /^1:1 The file is not a map/],
    [
      'a path upwards in root',
      'root: /srv/../etc\ncontainer: {kernel: a}\n',
      /^1:7 root is \/srv\/\.\.\/etc, which is no usable path/,
    ],
    ['a relative root', 'root: srv\ncontainer: {kernel: a}\n', /^1:7 root is srv, which is no usable path/],
    [
      'a disk elsewhere',
      'root: /srv\ncontainer: {kernel: /etc/passwd}\n',
      /^2:21 The disk \/etc\/passwd leaves its folder/,
    ],
    ['an escape in a path', 'root: /srv\ncontainer: {kernel: "a\\u0007b"}\n', /^1:7 root is|^2:21 /],
    ['a key twice', `root: /a\n${good}`, /^2:1 `root` is written twice\.$/],
    ['a list of texts', `${good}name: [a]\n`, /^3:7 `name` is not a text\.$/],
    ['a wrong number', `${good}cpus: {cores: 1e3}\n`, /^3:15 `cpus\.cores` is 1e3, which is no whole number/],
    [
      'too many vCPUs',
      `${good}cpus: {cores: 1000, sockets: 1000}\n`,
      /^3:7 cores, sockets and threads make 1000000 vCPUs/,
    ],
    ['a wrong flag', `${good}spice: constructor\n`, /^3:8 `spice` is not true or false\.$/],
    [
      'a wrong address',
      `${good}gpus: [[{gpuType: passthrough}, {bdf: "41"}]]\n`,
      /^3:39 bdf of gpus\[0\] is 41, which is no PCI address/,
    ],
    ['a wrong GPU', `${good}gpus: [{gpuType: x}]\n`, /^3:18 gpuType of gpus\[0\] is x, which arcd does not know/],
    [
      'a type with a path in it',
      `${good}gpus: [{gpuType: sysfsdev, mdevType: ../x}]\n`,
      /^3:38 mdevType of gpus\[0\] is \.\.\/x, which is no type/,
    ],
    [
      'a range backwards',
      `${good}gpus: [{gpuType: sysfsdev, minVRam: 5, maxVRam: 4}]\n`,
      /^3:37 minVRam of gpus\[0\] \(5\) is above/,
    ],
    ['a MAC of many', `${good}nics: [{mac: "01:54:00:12:34:56"}]\n`, /^3:14 mac of nics\[0\] is 01:54:00:12:34:56/],
  ])('refuses %s with its line and column', (_, text, pattern) => {
    const imported = importText(text);
    const blockers = imported.profile === null ? imported.findings : [];
    expect(blockers.map(({severity}) => severity)).toContain('blocker');
    const lines = blockers.map(({at, message}) => `${at?.line}:${at?.column} ${message}`);
    expect(lines).toContainEqual(expect.stringMatching(pattern));
  });

  it('says of twenty thousand unknown keys that they are unknown once', () => {
    const imported = importText(`${good}${Array.from({length: 20_000}, (_, index) => `k${index}: 1\n`).join('')}`);
    const said = imported.profile === null ? [] : imported.leftOut.filter(({severity}) => severity === 'warning');
    expect(said.map(({message}) => message)).toEqual([expect.stringContaining('`k7` and 19992 more')]);
  });

  it('tells a person what is left out next to the profile, and a program in one document', async () => {
    const root = unpackHost('ryzen-two-cards');
    const file = join(folder, 'commands-and-share.yaml');
    const text = await runCli(['import', 'arcd', file, '--home', '/home/lab', '--root', root]);
    expect(text.exitCode).toBe(0);
    expect(text.stderr).toContain(
      `${file}:33:3: startupCommands of arcd are left out, and were not run: /usr/sbin/smbd -i '$(touch /tmp/owned)' (as root).`,
    );
    expect(text.stdout).not.toContain('smbd');
    const document = await runCli(['import', 'arcd', file, '--home', '/home/lab', '--root', root, '--json']);
    expect(JSON.parse(document.stdout)).toMatchObject({version: 1, profile: {guest: {name: 'Lab-guest'}}});
  });

  it('writes no file for what it refuses', async () => {
    const root = unpackHost('ryzen-two-cards');
    const out = join(directory, 'out.yaml');
    const refused = await runCli(['import', 'arcd', join(folder, 'hostile.yaml'), '--out', out, '--root', root]);
    expect(refused).toMatchObject({exitCode: 2, stdout: ''});
    expect(refused.stderr).toContain('hostile.yaml:18:11: The disk ../../passwd leaves its folder');
    expect(existsSync(out)).toBe(false);
    const document = await runCli(['import', 'arcd', join(folder, 'gim.yaml'), '--root', root, '--json']);
    expect(document.exitCode).toBe(2);
    expect(JSON.parse(document.stdout)).toMatchObject({error: {code: 'usage'}, findings: [{code: 'gim-not-served'}]});
  });

  it('takes --home for files of arcd only, and only a usable one', async () => {
    const root = unpackHost('ryzen-two-cards');
    const file = join(directory, 'guest.yaml');
    writeFileSync(file, good);
    const other = await runCli(['import', 'libvirt', 'x', '--home', '/home/lab', '--root', root]);
    expect(other).toMatchObject({exitCode: 2, stderr: expect.stringContaining('--home is not for libvirt') as string});
    const wrong = await runCli(['import', 'arcd', file, '--home', '../x', '--root', root]);
    expect(wrong).toMatchObject({exitCode: 2, stderr: expect.stringContaining('no usable absolute path') as string});
  });
});
