import {spawnSync} from 'node:child_process';
import {appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {exportScript} from '../../src/exchange/script/export-script.ts';
import {commandLine, printBytes} from '../../src/exchange/script/shell.ts';
import {orderSteps} from '../../src/exchange/script/steps.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {openSource} from '../../src/system/source.ts';
import {hostNames, unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {differences, type TreeState, treeState} from '../support/tree-state.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-script-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

/** Other profiles than the one with the name of the host; Proxmox VE has guests that no script defines, and the lab of slices has no profile. */
const profileOf = (host: string): string => profilePath(host.replace('-debian12', ''));
const hosts = hostNames().filter((name) => !/^proxmox-|^mediated-lab$/.test(name));
/** An existing guest that is edited; links and folders that are made; slices; virtual functions; Xen. */
const applied = ['asus-p8h67m-gtx750', 'dell-r710-gtx1050', 'gvt-laptop', 'sriov-nic', 'xen-desktop'];

const previewOf = (host: string, root: string) => {
  const facts = readHost(openSource(root, null));
  const {profile} = decodeProfile(readFileSync(profileOf(host), 'utf8'), 'profile.yaml');
  if (profile === null) throw new Error(`${host} has no profile`);
  return {facts, preview: previewChanges(facts, profile)};
};

const linesOf = (host: string, root: string): readonly string[] => {
  const {facts, preview} = previewOf(host, root);
  return exportScript(facts, preview).flatMap(({lines}) => lines);
};

const write = (lines: readonly string[]): string => {
  const path = join(mkdtempSync(join(scratch, 'run-')), 'script.sh');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};

type Ended = {readonly status: number | null; readonly stdout: string; readonly stderr: string};

/** Always below a root: a test never touches this machine. */
const run = (script: string, root: string, verb: string): Ended =>
  spawnSync('/bin/dash', [script, verb], {encoding: 'utf8', env: {ROOT: root, PATH: '/nowhere'}});

const did = (script: string, root: string, verb: string): string => {
  const {status, stdout, stderr} = run(script, root, verb);
  expect({status, stderr}).toEqual({status: 0, stderr: ''});
  return stdout;
};

const kept = '/var/lib/vfio-pilot-script';
const stateOf = (root: string): TreeState =>
  Object.fromEntries(
    Object.entries(treeState(root)).filter(
      ([path]) => path !== '/var' && path !== '/var/lib' && !path.startsWith(kept),
    ),
  );

describe('export script', () => {
  it.each(applied)('%s: writes what apply writes, to the byte, and takes it back', async (host) => {
    const [ours, theirs] = [unpackHost(host), unpackHost(host)];
    const before = stateOf(ours);
    const script = write(linesOf(host, ours));
    expect(did(script, ours, 'check')).toContain('is as the plan saw it');
    expect(differences(before, stateOf(ours))).toEqual({});

    const said = did(script, ours, 'apply');
    const {exitCode} = await runCli(['apply', profileOf(host), '--root', theirs, '--yes']);
    expect(exitCode).toBe(0);
    expect(differences(before, stateOf(theirs))).not.toEqual({});
    expect(differences(stateOf(theirs), stateOf(ours))).toEqual({});
    expect(said).toContain('not run below');
    expect(did(script, ours, 'apply')).toContain('Already applied');

    expect(did(script, ours, 'undo')).toContain('Everything is as before');
    expect(differences(before, stateOf(ours))).toEqual({});
    expect(existsSync(join(ours, kept))).toBe(false);
    expect(run(script, ours, 'undo')).toMatchObject({status: 1, stderr: expect.stringContaining('nothing to undo')});
  });

  it('is shell that shellcheck and dash find nothing in, on every host', () => {
    const scripts = hosts.map((host) => write(linesOf(host, unpackHost(host))));
    for (const argv of [...scripts.map((script) => ['/bin/dash', '-n', script]), ['shellcheck', ...scripts]]) {
      const [program = '', ...args] = argv;
      const {status, stdout, stderr} = spawnSync(program, args, {encoding: 'utf8'});
      expect({argv, status, said: `${stdout}${stderr}`}).toEqual({argv, status: 0, said: ''});
    }
  });

  const host = 'dell-r710-gtx1050';

  it.each([
    [
      'a file that was edited',
      (root: string) => appendFileSync(join(root, 'etc/default/grub'), '# mine\n'),
      '/etc/default/grub is not as',
    ],
    [
      'a file that appeared',
      (root: string) => writeFileSync(join(root, 'etc/modprobe.d/vfio-pilot.conf'), ''),
      'modprobe.d/vfio-pilot.conf is not as',
    ],
    [
      'another card in the slot',
      (root: string) => writeFileSync(join(root, 'sys/bus/pci/devices/0000:06:00.0/device'), '0x1c82\n'),
      '0000:06:00.0 is not the device 10de:1c81',
    ],
  ])('refuses %s, and writes nothing', (_, change, said) => {
    const root = unpackHost(host);
    const script = write(linesOf(host, root));
    change(root);
    const before = stateOf(root);
    for (const verb of ['check', 'apply'])
      expect(run(script, root, verb)).toMatchObject({status: 1, stderr: expect.stringContaining(said)});
    expect(differences(before, stateOf(root))).toEqual({});
    expect(existsSync(join(root, kept))).toBe(false);
  });

  it('does not follow a link out of its root', () => {
    const [root, outside] = [unpackHost(host), mkdtempSync(join(scratch, 'outside-'))];
    const script = write(linesOf(host, root));
    rmSync(join(root, 'etc/modprobe.d'), {recursive: true});
    spawnSync('ln', ['-s', outside, join(root, 'etc/modprobe.d')]);
    expect(run(script, root, 'apply')).toMatchObject({status: 1, stderr: expect.stringContaining('leads out of')});
  });

  it('is for root only, and does nothing without a verb', () => {
    const script = write(linesOf(host, unpackHost(host)));
    spawnSync('chmod', ['-R', 'go+rX', scratch]);
    const asNobody = process.getuid?.() === 0 ? {uid: 65_534, gid: 65_534} : {};
    const {status, stderr} = spawnSync('/bin/dash', [script, 'check'], {encoding: 'utf8', env: {}, ...asNobody});
    expect({status, stderr}).toEqual({status: 1, stderr: 'Run this as root.\n'});
    expect(run(script, unpackHost(host), '')).toMatchObject({status: 2, stderr: expect.stringContaining('Usage:')});
  });

  it('that was cut off anywhere does nothing', () => {
    const root = unpackHost(host);
    const text = linesOf(host, root).join('\n');
    const before = stateOf(root);
    for (let part = 1; part < 20; part += 1) {
      const cut = write([text.slice(0, Math.floor((text.length - 10) * (part / 19)))]);
      run(cut, root, 'apply');
      expect(differences(before, stateOf(root))).toEqual({});
    }
  });

  it('leaves an edit alone until it is put back', () => {
    const root = unpackHost(host);
    const before = stateOf(root);
    const script = write(linesOf(host, root));
    did(script, root, 'apply');
    appendFileSync(join(root, 'etc/default/grub'), '# mine\n');
    const edited = stateOf(root);
    const {status, stderr} = run(script, root, 'undo');
    expect({status, stderr}).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('/etc/default/grub was changed since'),
    });
    expect(differences(edited, stateOf(root))).toEqual({});
    expect(run(script, root, 'apply')).toMatchObject({status: 1, stderr: expect.stringContaining('changed since')});
    const [, command = 'false'] = /with: (cp .*)/.exec(stderr) ?? [];
    expect(spawnSync('/bin/dash', ['-c', command]).status).toBe(0);
    did(script, root, 'undo');
    expect(differences(before, stateOf(root))).toEqual({});
  });

  it('has nothing to say about a host that is as the profile says', () => {
    const {facts, preview} = previewOf(host, unpackHost(host));
    expect(() => exportScript(facts, {...preview, changes: []})).toThrow('already as the profile says');
  });

  it('refuses guests that take more than a command, and names that break a line', () => {
    const {facts, preview} = previewOf('proxmox-gpu', unpackHost('proxmox-gpu'));
    expect(() => exportScript(facts, preview)).toThrow('takes more than a script can do');
    const [one] = preview.changes;
    if (one === undefined) throw new Error('no change');
    expect(() => exportScript(sampleFacts(), {...preview, changes: [{...one, path: '/etc/a\nrm -rf b'}]})).toThrow(
      "can't be printed",
    );
  });
});

/** Programs of a host, invented: each leaves its trace below the root. */
const programs = String.raw`
program() { say "/invented/$1"; }
ask() {
  name=$1
  shift
  say "$name $*" >>"$root/log"
  case $name in
  virsh)
    case $3 in
    domstate) [ ! -f "$root/running" ] || say running ;;
    define) for one in "$@"; do :; done; sed 's/^/ /' "$one" >"$root/etc/libvirt/qemu/win10.xml" ;;
    undefine) rm "$root/etc/libvirt/qemu/win10.xml" ;;
    esac ;;
  xl) [ ! -f "$root/running" ] || say 3 ;;
  */mkinitramfs) { say image; cat "$root/etc/modprobe.d/vfio-pilot.conf"; head -c 200000 /dev/zero; } >"$2" 2>/dev/null ;;
  */lsinitramfs) say 'scripts/init-top/ORDER
scripts/init-top/00-vfio-pilot
etc/modprobe.d/vfio_pilot.conf' ;;
  */grub-mkconfig) cat "$root/etc/default/grub" "$root/etc/default/grub" >"$2" ;;
  esac
}
`;

/** As on the machine itself, with stand-ins for its programs. */
const live = (lines: readonly string[]): readonly string[] => [
  ...lines.slice(0, -1).map((line) => line.replace('is_live=no', 'is_live=yes').replace('must sync', ':')),
  programs,
  ...lines.slice(-1),
];

const withBoot = (): string => {
  const root = unpackHost('dell-r710-gtx1050');
  spawnSync('mkdir', ['-p', join(root, 'boot/grub')]);
  writeFileSync(join(root, 'boot/grub/grub.cfg'), 'old menu\n');
  writeFileSync(join(root, 'boot/initrd.img-5.4.0-216-generic'), 'old image\n');
  return root;
};

const withoutLog = (root: string): TreeState => {
  const {['/log']: _, ...rest} = stateOf(root);
  return rest;
};

describe('the script where programs run', () => {
  const host = 'dell-r710-gtx1050';

  it('defines the guest, makes the images at paths of its own, and takes all of it back', () => {
    const root = withBoot();
    const before = withoutLog(root);
    const script = write(live(linesOf(host, root)));
    did(script, root, 'apply');
    expect(readFileSync(join(root, 'boot/grub/grub.cfg'), 'utf8')).toContain('hugepages=12288');
    expect(readFileSync(join(root, 'etc/libvirt/qemu/win10.xml'), 'utf8')).toContain(' <domain');
    const log = readFileSync(join(root, 'log'), 'utf8');
    expect(log).toMatch(
      /^virsh -c qemu:\/\/\/system define --validate \S+\n\/usr\/sbin\/mkinitramfs -o \S+\/7\.output 5/,
    );
    did(script, root, 'undo');
    expect(differences(before, withoutLog(root))).toEqual({});
    expect(readFileSync(join(root, 'log'), 'utf8')).toMatch(
      /undefine win10 --keep-nvram\n\/usr\/bin\/systemctl daemon-reload\n$/,
    );
  });

  it('asks for a reboot where something comes with one, and where not it does not', () => {
    const root = withBoot();
    const lines = live(linesOf(host, root));
    expect(lines).toContain('needs_reboot=yes');
    const without = lines.map((line) => line.replace('needs_reboot=yes', 'needs_reboot=no'));
    for (const [script, asks] of [
      [write(lines), true],
      [write(without), false],
    ] as const)
      for (const verb of ['apply', 'undo']) expect(run(script, root, verb).stdout.includes('Reboot now')).toBe(asks);
  });

  it('puts no image in place that lacks what it must hold', () => {
    const root = withBoot();
    const before = withoutLog(root);
    const script = write(live(linesOf(host, root)).map((line) => line.replace('etc/modprobe.d/vfio_pilot.conf', 'x')));
    const {status, stdout, stderr} = run(script, root, 'apply');
    expect({status, stdout}).toMatchObject({status: 1, stdout: expect.stringContaining('is not in it')});
    expect(stderr).toContain('was not put in place');
    expect(stderr).toContain('To put back what was there: sh');
    expect(readFileSync(join(root, 'boot/initrd.img-5.4.0-216-generic'), 'utf8')).toBe('old image\n');
    did(script, root, 'undo');
    expect(differences(before, withoutLog(root))).toEqual({});
  });

  it('makes an image anew that somebody else has made since', () => {
    const root = withBoot();
    const script = write(live(linesOf(host, root)));
    did(script, root, 'apply');
    const initrd = join(root, 'boot/initrd.img-5.4.0-216-generic');
    writeFileSync(initrd, 'made by a kernel update\n');
    did(script, root, 'undo');
    const made = readFileSync(initrd, 'utf8');
    expect(made.startsWith('image\n')).toBe(true);
    expect(made).not.toContain('softdep');
    expect(readFileSync(join(root, 'boot/grub/grub.cfg'), 'utf8')).toBe('old menu\n');
  });

  it('takes nothing away from a guest that runs', () => {
    const root = withBoot();
    const script = write(live(linesOf(host, root)));
    did(script, root, 'apply');
    writeFileSync(join(root, 'running'), '');
    const applied = withoutLog(root);
    expect(run(script, root, 'undo')).toMatchObject({status: 1, stderr: expect.stringContaining('win10 is running')});
    expect(differences(applied, withoutLog(root))).toEqual({});
  });

  it('takes nothing away from a guest of Xen that runs', () => {
    const root = unpackHost('xen-desktop');
    const lines = linesOf('xen-desktop', root);
    did(write(lines), root, 'apply');
    writeFileSync(join(root, 'running'), '');
    const script = write(live(lines));
    expect(run(script, root, 'undo')).toMatchObject({status: 1, stderr: expect.stringContaining('win10 is running')});
    expect(readFileSync(join(root, 'log'), 'utf8')).toBe('xl domid win10\n');
    rmSync(join(root, 'running'));
    did(script, root, 'undo');
    expect(existsSync(join(root, 'etc/xen/win10.cfg'))).toBe(false);
  });

  const upTo = (times: number): readonly number[] => Array.from({length: times}, (_, index) => index + 1);

  /** The n-th time that the line is reached, nothing is left of the process. */
  const killedAt = (lines: readonly string[], line: RegExp, count: number): readonly string[] =>
    lines.map((one) =>
      line.test(one) ? `reached=$((\${reached:-0} + 1)); [ "$reached" != ${count} ] || kill -9 $$\n${one}` : one,
    );

  it.each([
    ['any step', /^ {2}(?:put|define|make|run) \d/, 9],
    ['any rename', /must mv -fT "\$place\/new" "\$target"/, 7],
    ['any removal of a folder', /must rmdir "\$place"/, 7],
  ])('killed at %s, it refuses to go on and undoes what was done', (_, line, times) => {
    for (const count of upTo(times)) {
      const root = withBoot();
      const before = withoutLog(root);
      const lines = live(linesOf(host, root));
      const [whole, killed] = [write(lines), write(killedAt(lines, line, count))];
      expect(spawnSync('/bin/dash', [killed, 'apply'], {env: {ROOT: root}}).signal).toBe('SIGKILL');
      expect(run(whole, root, 'apply')).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/ended half way.*\nRun this first: sh .* undo/),
      });
      did(whole, root, 'undo');
      expect(differences(before, withoutLog(root))).toEqual({});
    }
  });

  it('killed while it undoes, it undoes the rest', () => {
    for (const count of upTo(8)) {
      const root = withBoot();
      const before = withoutLog(root);
      const lines = live(linesOf(host, root));
      const [whole, killed] = [write(lines), write(killedAt(lines, /^ {2}restore \d/, count))];
      did(whole, root, 'apply');
      expect(spawnSync('/bin/dash', [killed, 'undo'], {env: {ROOT: root}}).signal).toBe('SIGKILL');
      expect(run(whole, root, 'apply').stderr).toContain('ended half way');
      did(whole, root, 'undo');
      expect(differences(before, withoutLog(root))).toEqual({});
    }
  });
});

describe('shell of the script', () => {
  const printed = (lines: readonly string[]): Buffer =>
    spawnSync('/bin/dash', {input: `${lines.join('\n')}\n`, env: {x: 'expanded', PATH: '/usr/bin:/bin'}}).stdout;

  it.each([
    '',
    '\n',
    'a',
    'a\n',
    '$x `id` $(id) \\\n',
    'END\n',
    '\'"\n\t\\n\n',
    'a\r\n',
    'ä\n',
    '\u001b[2J\n',
    '\n\nEND x\n',
  ])('prints %j, and expands nothing', (text) =>
    expect(printed(printBytes(text, 'utf8', 'END')).toString()).toBe(text),
  );

  it('prints any text and any bytes', () => {
    fc.assert(
      fc.property(
        fc.string({unit: fc.constantFrom('a', '$', '`', '\\', "'", '"', '\n', 'END', ' ', 'é', '\0')}),
        (text) => {
          expect(printed(printBytes(text, 'utf8', 'END')).toString()).toBe(text);
        },
      ),
      {numRuns: 20},
    );
    expect(printed(printBytes('\xff\xfe\n', 'latin1', 'END'))).toEqual(Buffer.from([0xff, 0xfe, 0x0a]));
  });

  it('keeps each word of a command one word', () => {
    const words = ['printf', '[%s]', 'a b', "it's", '$x', '', '-o={output}', '{output}'];
    expect(printed([`output='the path'; ${commandLine(words, {output: '$output'})}`]).toString()).toBe(
      "[a b][it's][$x][][-o=the path][the path]",
    );
  });
});

describe('the order of its steps', () => {
  it('is that of the transaction: entries after what they name, and gone first', () => {
    const why: readonly string[] = [];
    const common = {expected: {state: 'absent'}, diff: '', why, by: 'writer'} as const;
    const content = {text: 'x\n', encoding: 'utf8', mode: 0o644} as const;
    const command = (name: string, triggers: readonly string[]) =>
      ({kind: 'command', argv: [name], undo: [name], triggers, timeoutSeconds: 1, why}) as const;
    const image = {
      kind: 'generated',
      path: '/boot/own.img',
      argv: ['make'],
      validations: [],
      onRollback: 'remove',
      triggers: [],
      timeoutSeconds: 1,
      why,
    } as const;
    const {apply, undo} = orderSteps(
      [
        {...common, kind: 'create', path: '/boot/entry.conf', content, placing: 'last'},
        {...common, kind: 'create', path: '/etc/guest.xml', content, placing: 'first'},
        {...common, kind: 'create', path: '/etc/file', content, placing: 'first'},
        {kind: 'run', path: 'late', command: command('late', ['/boot/entry.conf']), diff: '', why},
        {kind: 'run', path: 'make', command: image, diff: '', why},
        {kind: 'run', path: 'early', command: command('early', ['/etc/file']), diff: '', why},
      ],
      (path) => path.endsWith('.xml'),
    );
    expect(apply).toEqual(['put 3', 'define 2', 'make 4 new', 'run 2', 'put_with_image 1', 'run 1']);
    expect(undo).toEqual([
      'take_back 1',
      'restore 1',
      'restore 4',
      'restore 3',
      'restore 2',
      'remove_directories',
      'make_again 4',
      'take_back 2',
    ]);
  });
});
