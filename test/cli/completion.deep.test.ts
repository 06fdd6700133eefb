import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {places} from '../../src/commands/completion/outline.ts';
import {renderScript, type Shell} from '../../src/commands/completion/render-script.ts';
import {writeTree} from '../support/write-tree.ts';
import {runCli} from '../support/run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-completion-'));
const work = join(directory, 'work');
afterAll(() => rmSync(directory, {recursive: true}));

/** The program as the shells of this test have it: it prints the words that it is given. */
const program = `vfio-pilot() { printf '<%s>' "$@"; echo; }\nPS1=\n`;

const environment = {
  PATH: process.env['PATH'],
  HOME: directory,
  ZDOTDIR: directory,
  INPUTRC: '/dev/null',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
};
const run = (file: string, args: readonly string[], input: string): string =>
  execFileSync(file, args, {cwd: work, env: environment, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore']});

/** The words that the program was started with, once for each line. */
const wordsIn = (output: string): readonly (readonly string[])[] =>
  output
    .split(/\r?\n/)
    .filter((line) => line.startsWith('<'))
    .map((line) => [...line.matchAll(/<([^>]*)>/g)].map(([, word = '']) => word));

/** Types each line, has the shell insert all that may be there, and answers what the program gets instead of the last word. */
const shells: Readonly<Record<Shell, (lines: readonly string[]) => readonly (readonly string[])[]>> = {
  bash: (lines) => {
    writeFileSync(join(directory, 'rc'), `source ${directory}/vfio-pilot.bash\n${program}`);
    const typed = lines.map((line) => `vfio-pilot ${line}\u001b*\n`).join('');
    return wordsIn(run('bash', ['--rcfile', join(directory, 'rc'), '-i'], typed)).map(withoutTyped(lines));
  },
  zsh: (lines) => {
    const typed = lines.map((line) => `vfio-pilot ${line}\u0018a\n`).join('');
    return wordsIn(run('script', ['-qec', 'stty cols 1000; zsh -d -i', '/dev/null'], `${typed}exit\n`)).map(
      withoutTyped(lines),
    );
  },
  fish: (lines) => {
    const asked = lines.map((line) => `complete -C 'vfio-pilot ${line}'; echo .`).join('\n');
    const output = run('fish', ['--no-config', '-c', `source ${directory}/vfio-pilot.fish\n${asked}`], '');
    return output
      .split(/^\.\n/m)
      .slice(0, -1)
      .map((answer) => answer.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/\t.*|\/$/, '')])));
  },
};

const withoutTyped =
  (lines: readonly string[]) =>
  (words: readonly string[], index: number): readonly string[] =>
    words.slice((lines[index] ?? '').split(' ').length - 1);

const has = (shell: Shell): boolean =>
  spawnSync(shell, ['-c', 'true']).status === 0 && spawnSync('script', ['--version']).status === 0;

beforeAll(() => {
  mkdirSync(join(work, 'sub'), {recursive: true});
  for (const file of ['a.yaml', 'b.yml', 'c.plan', 'd.txt', 'sub/e.yaml', 'two words.yaml'])
    writeFileSync(join(work, file), '');
  const device = (address: string, id: string, deviceClass: string): Readonly<Record<string, string>> => ({
    [`/sys/bus/pci/devices/${address}/class`]: `${deviceClass}\n`,
    [`/sys/bus/pci/devices/${address}/vendor`]: '0x10de\n',
    [`/sys/bus/pci/devices/${address}/device`]: `0x${id}\n`,
  });
  const host = writeTree({
    ...device('0000:00:07.0', '340a', '0x060400'),
    ...device('0000:06:00.0', '1c81', '0x030000'),
    ...device('0000:06:00.1', '0fb9', '0x040300'),
    ...device('0001:06:00.0', '1c81', '0x030000'),
    '/etc/libvirt/qemu/win10.xml': '',
    '/etc/libvirt/qemu/odd $(touch run) name.xml': '',
    '/var/lib/vfio-pilot/journal/20260131T120000Z-x7k2/journal.json': '',
  });
  renameSync(host, join(directory, 'host'));
  for (const shell of ['bash', 'fish'] as const)
    writeFileSync(join(directory, `vfio-pilot.${shell}`), renderScript(shell));
  // As the documentation says: a file of this name in a directory of fpath.
  mkdirSync(join(directory, 'functions'));
  writeFileSync(join(directory, 'functions/_vfio-pilot'), renderScript('zsh'));
  writeFileSync(
    join(directory, '.zshrc'),
    `RPS1= PROMPT_EOL_MARK=
${program}fpath=(${directory}/functions $fpath)
autoload -Uz compinit && compinit -u -D
zle -C all-matches complete-word _generic
bindkey '^Xa' all-matches
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
`,
  );
});

const root = '--root ../host';
const probes: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ['profile ', ['new', 'show', 'check', 'schema']],
  ['ro', ['rollback']],
  ['help ro', ['rollback']],
  ['check ', []],
  ['aply ', []],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['profile new --os ', ['windows-11', 'windows-10', 'linux', 'other']],
  ['profile new --os=l', ['--os=linux']],
  ['profile new --vcpus ', []],
  // A bridge is not offered; the colons of an address are no ends of words.
  [`${root} profile new --device `, ['0000:06:00.0', '0000:06:00.1', '0001:06:00.0']],
  [`${root} profile new --device 06:00.1`, ['06:00.1']],
  [`${root} profile new --device 0000:06:00.1`, ['0000:06:00.1']],
  [`${root} profile new --device 0001`, ['0001:06:00.0']],
  ['--root=../host profile new --device=0000:06:00.1', ['--device=0000:06:00.1']],
  ['--demo profile new --device ', []],
  ['--demo la', ['laptop']],
  ['--demo=la', ['--demo=laptop']],
  ['--demo laptop profile ', ['new', 'show', 'check', 'schema']],
  ['--demo rol', ['rollback']],
  ['plan --demo r', ['r710']],
  ['plan --demo b', ['b.yml']],
  [`${root} profile new --guest w`, ['win10']],
  // The name is given to the program as one word; nothing in it is run.
  [`${root} profile new --guest o`, ['odd $(touch run) name']],
  // A guest of this host, or a file of another program.
  [`${root} import libvirt w`, ['win10']],
  ['import arcd a', ['a.yaml']],
  [`${root} import arcd b`, ['b.yml']],
  [`${root} rollback `, ['20260131T120000Z-x7k2']],
  [`rollback ${root} --yes 2`, ['20260131T120000Z-x7k2']],
  ['plan ', ['a.yaml', 'b.yml', 'sub', 'two words.yaml']],
  ['apply ', ['a.yaml', 'b.yml', 'c.plan', 'sub', 'two words.yaml']],
  ['apply --trial sub/', ['sub/e.yaml']],
  ['topology --profile b', ['b.yml']],
  ['plan a.yaml --out d', ['d.txt']],
  ['--root ../h', ['../host']],
];

const named = places().filter(({path}) => path.length > 0);

describe.each<Shell>(['bash', 'zsh', 'fish'])('the completion of %s', (shell) => {
  it('is printed by the program', async () => {
    expect(await runCli(['completion', shell])).toMatchObject({stdout: renderScript(shell), stderr: '', exitCode: 0});
  });

  it.skipIf(!has(shell))('offers what may be there, of the host that is meant (skipped without the shell)', () => {
    const answers = shells[shell](probes.map(([typed]) => typed));
    const sorted = (words: readonly string[]): readonly string[] => words.toSorted();
    expect(probes.map(([typed], index) => [typed, sorted(answers[index] ?? ['no answer'])])).toEqual(
      probes.map(([typed, offered]) => [typed, sorted(offered)]),
    );
  });

  it.skipIf(!has(shell))('offers exactly the options of each command (skipped without the shell)', () => {
    const answers = shells[shell](['--', ...named.map(({path}) => `${path.join(' ')} --`)]);
    const found = named.map(({path}, index) => [path, (answers[index + 1] ?? []).toSorted()]);
    expect(found).toEqual(named.map(({path, options}) => [path, options.map(({word}) => word).toSorted()]));
    expect(answers[0]).toContain('--dry-run');
  });
});

it.skipIf(spawnSync('shellcheck', ['--version']).status !== 0)(
  'the script for bash has nothing that shellcheck warns of (skipped where it is not installed)',
  () => {
    const said = spawnSync('shellcheck', ['--shell=bash', '-'], {input: renderScript('bash'), encoding: 'utf8'});
    expect(said).toMatchObject({status: 0, stdout: ''});
  },
);

describe.skipIf(!has('fish'))('what fish shows next to a word (skipped without fish)', () => {
  it('says what a command does and what a device is', () => {
    const script = `source ${directory}/vfio-pilot.fish; complete -C 'vfio-pilot ver'; complete -C 'vfio-pilot ${root} profile new --device 06:00.1'`;
    expect(run('fish', ['--no-config', '-c', script], '')).toBe(
      'verify\tafter the reboot: each promise, kept or not\n06:00.1\t10de:0fb9 class 040300\n',
    );
  });
});
