import {spawnSync} from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {renderSavedPlan} from '../../src/changes/saved-plan.ts';
import {worldOf} from '../../src/changes/world.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {openTerminal} from '../support/open-terminal.ts';
import {commandLine, profilePath, programName, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

const isRoot = process.geteuid?.() === 0;
const host = 'dell-r710-gtx1050';
const profile = profilePath(host);
const {version} = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-plan-'));
afterAll(() => rmSync(directory, {recursive: true}));

let made = 0;
const savePlan = async (root: string): Promise<string> => {
  const file = join(directory, `${(made += 1)}.plan`);
  const {exitCode, stderr} = await runCli(['plan', profile, '--root', root, '--out', file]);
  expect({exitCode, stderr}).toEqual({
    exitCode: 0,
    stderr: `Saved ${file}: \`${programName} apply ${file}\` writes exactly this, or nothing.\n`,
  });
  return file;
};

/** The same file without the start of the program. */
const planInProcess = (root: string): string => {
  const [text, facts] = [readFileSync(profile, 'utf8'), readHost(openSource(root, null))];
  const decoded = decodeProfile(text, profile).profile;
  if (decoded === null) throw new Error(`${profile} does not decode`);
  const {plan, changes} = previewChanges(facts, decoded);
  const file = join(directory, `${(made += 1)}.plan`);
  writeFileSync(file, renderSavedPlan({file: profile, text}, worldOf(facts, plan, version), changes));
  return file;
};

const everything = {times: true, history: true} as const;

/** Node sets no extended attribute; where no program can either, the time of the last change is moved as setting one does. */
const setAttribute = (file: string): void => {
  const didPython =
    spawnSync('python3', ['-c', 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"x")', file]).status === 0;
  if (!didPython && spawnSync('setfattr', ['-n', 'user.note', '-v', 'x', file]).status !== 0)
    chmodSync(file, statSync(file).mode);
};

const grub = 'etc/default/grub';
const swapFor = (file: string, text: string): void => {
  const {atime, mtime, mode} = statSync(file);
  writeFileSync(`${file}.other`, text);
  chmodSync(`${file}.other`, mode);
  utimesSync(`${file}.other`, atime, mtime);
  renameSync(`${file}.other`, file);
};
const sameSize = (text: string): string => text.replace('GRUB_TIMEOUT=5', 'GRUB_TIMEOUT=9');
const edit = (file: string, change: (text: string) => string): void =>
  writeFileSync(file, change(readFileSync(file, 'utf8')));

/** What may happen to a host between the preview and the write, and what is said about it. */
const disturbances: readonly (readonly [string, (root: string, plan: string) => void, RegExp])[] = [
  [
    'the content changed',
    (root) => appendFileSync(join(root, grub), '# more\n'),
    /\/etc\/default\/grub: its content changed/,
  ],
  [
    'the content changed and the size did not',
    (root) => edit(join(root, 'etc/initramfs-tools/modules'), (text) => text.replace('#', ';')),
    /initramfs-tools\/modules: its content changed/,
  ],
  ['the mode changed', (root) => chmodSync(join(root, grub), 0o600), /its mode was 0644 and is 0600/],
  [
    'the owner changed',
    (root) => (isRoot ? chownSync(join(root, grub), 1, 1) : chmodSync(join(root, grub), 0o640)),
    /its (?:owner was 0:0 and is 1:1|mode was)/,
  ],
  [
    'an extended attribute was set',
    (root) => setAttribute(join(root, grub)),
    /\/etc\/default\/grub: its extended attributes, ACL or security label changed/,
  ],
  [
    'another inode took its place, of the same size and time',
    (root) => swapFor(join(root, grub), sameSize(readFileSync(join(root, grub), 'utf8'))),
    /\/etc\/default\/grub: its content changed/,
  ],
  [
    'it became a link',
    (root) => (
      cpSync(join(root, grub), join(root, 'etc/default/other')),
      rmSync(join(root, grub)),
      symlinkSync('other', join(root, grub))
    ),
    /grub: it was a file and is a symlink|GRUB/i,
  ],
  [
    'a file appeared where none was',
    (root) => writeFileSync(join(root, 'etc/modprobe.d/vfio-pilot.conf'), '# mine\n'),
    /\/etc\/modprobe\.d\/vfio-pilot\.conf has appeared/,
  ],
  ['it vanished', (root) => rmSync(join(root, grub)), /\/etc\/default\/grub is gone/],
  [
    'a kernel was installed',
    (root) => (
      writeFileSync(join(root, 'boot/vmlinuz-6.99.0-1-amd64'), ''),
      writeFileSync(join(root, 'boot/initrd.img-6.99.0-1-amd64'), '')
    ),
    /There is a new (?:kernel, 6\.99\.0-1-amd64|boot image)/,
  ],
  [
    'a device was put in',
    (root) => edit(join(root, 'sys/bus/pci/devices/0000:06:00.0/subsystem_device'), () => '0x1234\n'),
    /The PCI function 0000:06:00\.0 was 10de:1c81 .* and is 10de:1c81/,
  ],
  [
    'the domain appeared',
    (root) => (
      mkdirSync(join(root, 'etc/libvirt/qemu'), {recursive: true}),
      writeFileSync(
        join(root, 'etc/libvirt/qemu/win10.xml'),
        '<domain type="kvm"><name>win10</name><memory>1</memory><os><type>hvm</type></os></domain>',
      )
    ),
    /\/etc\/libvirt\/qemu\/win10\.xml has appeared/,
  ],
  [
    'another boot loader moved in',
    (root) => (
      mkdirSync(join(root, 'boot/loader/entries'), {recursive: true}),
      writeFileSync(join(root, 'etc/default/grub.d/bls.cfg'), 'GRUB_ENABLE_BLSCFG=true\n')
    ),
    /The boot loader was grub, and is grub-bls\./,
  ],
  [
    'another version is to write it',
    (_root, plan) => edit(plan, (text) => text.replace(/"toolVersion": "[^"]+"/, '"toolVersion": "0.0.7"')),
    /It was made by vfio-pilot 0\.0\.7, and this is \d/,
  ],
];

describe('a saved plan', () => {
  it('is applied exactly as it was shown, and a second time is already applied and changes nothing', async () => {
    const root = unpackHost(host);
    const shown = await runCli(['plan', profile, '--root', root]);
    const file = await savePlan(root);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    const dry = await runCli(['apply', file, '--root', root, '--dry-run']);
    expect(dry.stdout).toBe(
      shown.stdout.replace(/\nReady: .*\n$/, '\n\nDry run: nothing was written.\n').replace('\n\n\n', '\n\n'),
    );
    const first = await runCli(['apply', file, '--root', root, '--yes']);
    expect(first).toMatchObject({exitCode: 0, stdout: expect.stringContaining('Applied as ')});

    const other = unpackHost(host);
    await runCli(['apply', profile, '--root', other, '--yes']);
    expect(differences(treeState(other), treeState(root))).toEqual({});

    const applied = treeState(root, everything);
    const second = await runCli(['apply', file, '--root', root, '--yes']);
    figure(
      'D4',
      '0 paths touched by the second apply',
      `${Object.keys(differences(applied, treeState(root, everything))).length} paths touched by the second apply`,
    );
    expect(second).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Already applied: this host is as the saved plan says.'),
    });
  });

  it('is refused, with a reason and without a write, when anything that it depends on changed', async () => {
    const missed: string[] = [];
    for (const [what, disturb, told] of disturbances) {
      const root = unpackHost(host);
      const file = planInProcess(root);
      disturb(root, file);
      const before = treeState(root, everything);
      const {exitCode, stderr, stdout} = await runCli(['apply', file, '--root', root, '--yes']);
      const isUntouched = Object.keys(differences(before, treeState(root, everything))).length === 0;
      if (exitCode !== 4 || !told.test(stderr) || !isUntouched)
        missed.push(`${what}: ${exitCode} ${stderr}${stdout.slice(0, 500)}`);
      rmSync(root, {recursive: true});
    }
    figure(
      'D2',
      '14/14 detected, 0 written',
      `${disturbances.length - missed.length}/${disturbances.length} detected, ${missed.length} written`,
    );
    expect(missed).toEqual([]);
  });

  it('is applied when a file was only saved again with the same content, and that is said', async () => {
    const root = unpackHost(host);
    const file = await savePlan(root);
    swapFor(join(root, grub), readFileSync(join(root, grub), 'utf8'));
    const {exitCode, stderr} = await runCli(['apply', file, '--root', root, '--yes']);
    expect(stderr).toContain('Saved again since the plan was made, with the same content: /etc/default/grub.');
    expect(exitCode).toBe(0);
  });

  it('of a stranger can do no more than a profile: a change that was written into it is refused', async () => {
    const root = unpackHost(host);
    const file = await savePlan(root);
    edit(file, (text) => text.replaceAll('/etc/modprobe.d/vfio-pilot.conf', '/etc/cron.d/vfio-pilot'));
    const before = treeState(root, everything);
    expect(await runCli(['apply', file, '--root', root, '--yes'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('What would be written now is not what the saved plan holds.'),
    });
    expect(differences(before, treeState(root, everything))).toEqual({});
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['cut off', (text) => text.slice(0, -100), /is no usable saved plan: it is cut off or was edited/],
    [
      'of a later version',
      (text) => text.replace('"version": 1', '"version": 2'),
      /it has version 2, and this program reads version 1/,
    ],
    [
      'without its facts',
      (text) => text.replace('"settings"', '"sittings"'),
      /is no usable saved plan: world\.settings is missing/,
    ],
  ])('is refused as a usage error when it is %s', async (_title, change, told) => {
    const root = unpackHost(host);
    const file = await savePlan(root);
    edit(file, change);
    expect(await runCli(['apply', file, '--root', root, '--yes'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(told),
    });
  });

  it('is never written over a file, nor made of a plan that is blocked, nor taken for a profile', async () => {
    const root = unpackHost(host);
    const file = await savePlan(root);
    expect(await runCli(['plan', profile, '--root', root, '--out', file])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('exists already'),
    });
    expect(await runCli(['plan', file, '--root', root])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is a saved plan, not a profile'),
    });
    const blocked = join(directory, 'blocked.plan');
    expect(await runCli(['plan', profilePath('ryzen-two-cards'), '--root', root, '--out', blocked])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('The plan is blocked, so it was not saved.'),
    });
    expect(() => statSync(blocked)).toThrow('ENOENT');
  });
});

const hasScript = spawnSync('script', ['--version']).status === 0;

describe.skipIf(!hasScript)('between the preview and the typed word (skipped where script(1) is missing)', () => {
  it('a kernel that was installed is noticed, and nothing is written', async () => {
    const root = unpackHost(host);
    const terminal = openTerminal(commandLine(['apply', profile, '--root', root]), {cwd: root});
    await terminal.see(/Type apply to go on/);
    writeFileSync(join(root, 'boot/vmlinuz-6.99.0-1-amd64'), '');
    const before = treeState(root);
    terminal.type('apply\r');
    await terminal.see(/There is a new kernel, 6\.99\.0-1-amd64/);
    await terminal.ended;
    expect(differences(before, treeState(root))).toEqual({});
  });
});
