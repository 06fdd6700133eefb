import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {type CliResult, profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import type {PlanDocument} from './plan-document.ts';

const root = unpackHost('dell-r710-gtx1050');
const pristine = treeState(root, {times: true, history: true});
const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-profile-'));
afterAll(() => rmSync(scratch, {recursive: true}));

const save = (name: string, content: string | Buffer): string => {
  writeFileSync(join(scratch, name), content);
  return join(scratch, name);
};

const minimal = (devices: string): string =>
  `version: 1\nname: other\n\ndevices:\n${devices}\n\ncpu:\n  vcpus: 4\n\nmemory:\n  size: 4 GiB\n\nguest:\n  name: other\n  os: linux\n`;

const run = async (...args: readonly string[]): Promise<CliResult> => {
  const result = await runCli(args);
  expect(`${result.stdout}${result.stderr}`).not.toMatch(/\n\s+at .*[(:]\d+:\d+\)?|Error:/);
  return result;
};

const expectUntouched = (): void =>
  expect(differences(pristine, treeState(root, {times: true, history: true}))).toEqual({});

const broken = [
  'version: 1',
  'name: broken',
  'devices:',
  '  - address: 0000:06:00.0',
  '    id: 10de:1c81',
  'cpu:',
  '  vcpus: many',
  '  pinz: auto',
  'memory:',
  '  size: 12 GiB',
  '  hugepages: 3MiB',
  'guest:',
  '  name: win10',
  '  os: [windows-10]',
  '',
].join('\n');

describe('a profile with mistakes of its own', () => {
  const places = [
    ['profile-bad-value', 7, 10],
    ['profile-unknown-key', 8, 3],
    ['profile-bad-value', 11, 14],
    ['profile-wrong-type', 14, 7],
  ] as const;

  it.each(['plan', 'apply'])(
    'gets all of them at once from %s, each with file, line and column, and exit code 2',
    async (verb) => {
      const file = save('broken.yaml', broken);
      const {stderr, stdout, exitCode} = await run(verb, file, '--root', root, ...(verb === 'apply' ? ['--yes'] : []));
      expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
      for (const [code, line, column] of places)
        expect(stderr).toMatch(new RegExp(`BLOCKER ${file}:${line}:${column}: .*\\[${code}\\]\n    → \\S`));
      expect(stderr).toContain('Did you mean `pins`?');
      expect(stderr.match(/^BLOCKER /gm)).toHaveLength(places.length);
      expectUntouched();
    },
  );

  it('tells the same as JSON', async () => {
    const file = save('broken.yaml', broken);
    const {stdout, stderr, exitCode} = await run('plan', file, '--root', root, '--json');
    expect({exitCode, stderr}).toEqual({exitCode: 2, stderr: ''});
    const {findings} = JSON.parse(stdout) as PlanDocument;
    expect(findings.map(({code, at}) => [code, at?.line, at?.column])).toEqual(places);
  });

  it.each([
    ['empty', ''],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe])],
    ['a list', '- a\n- b\n'],
    ['a half-written line', 'version: 1\nname: "x\n'],
    ['a thousand aliases', `version: 1\na: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n`],
    ['of another version', 'version: 9\n'],
    ['larger than any profile', `version: 1\n${'#'.repeat(3_000_000)}\n`],
  ])('that is %s is refused with a position and exit code 2', async (name, content) => {
    const file = save(`${name.replaceAll(' ', '-')}.yaml`, content);
    const {stderr, exitCode} = await run('plan', file, '--root', root);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(new RegExp(`^BLOCKER ${file}:\\d+:\\d+: .+\\[profile-[a-z-]+\\]\n    → `));
  });

  it('that never ends is not read to its end', async () => {
    const {stderr, exitCode} = await run('plan', '/dev/zero', '--root', root);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('[profile-too-large]');
  });
});

describe('a profile that does not fit the machine', () => {
  it('of a missing device is blocked with exit code 3 and the position of that device', async () => {
    const file = save('missing.yaml', minimal('  - address: 0000:3b:00.0\n    id: 10de:2684'));
    const {stdout, exitCode} = await run('apply', file, '--root', root, '--yes');
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(
      new RegExp(`BLOCKER ${file}:5:14: .*nothing is at 0000:3b:00\\.0.*\\[device-missing\\]\n    → \\S`),
    );
    expect(stdout).toContain('nothing was written');
    expectUntouched();
  });

  it('of another machine gets every misfit at once, each with its position', async () => {
    const file = profilePath('two-identical-cards');
    const {stdout, exitCode} = await run('apply', file, '--root', root, '--yes', '--json');
    expect(exitCode).toBe(3);
    const blockers = (JSON.parse(stdout) as PlanDocument).findings.filter(({severity}) => severity === 'blocker');
    const lines = readFileSync(file, 'utf8').split('\n');
    const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;
    expect(blockers.map(({code, at}) => `${code} ${at?.line}`)).toEqual(
      expect.arrayContaining([
        `device-missing ${lineOf('address: 0000:0b:00.0')}`,
        `device-missing ${lineOf('address: 0000:0b:00.1')}`,
      ]),
    );
    for (const {at} of blockers)
      expect(at).toEqual({file, line: expect.any(Number) as number, column: expect.any(Number) as number});
    expectUntouched();
  });

  it('of a card that moved names its new place, and does not guess', async () => {
    const file = save('moved.yaml', minimal('  - address: 0000:07:00.0\n    id: 10de:1c81'));
    const {stdout, exitCode} = await run('plan', file, '--root', root);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/:5:14: .*the same ids are at 0000:06:00\.0\. \[device-moved\]/);
  });
});

/** One sentence that names the thing, one of what to do next, and nothing else. */
const oneSentence = /^vfio-pilot: [^\n]+\.\n  → [^\n]+\n$/;

describe('a command that cannot be understood', () => {
  mkdirSync(join(scratch, 'directory'));
  symlinkSync('loop.yaml', join(scratch, 'loop.yaml'));
  const shipped = profilePath('dell-r710-gtx1050');

  it.each([
    ['an unknown command', ['aply', shipped], 'aply'],
    ['a name that every object has', ['constructor'], 'constructor'],
    ['an unknown option', ['plan', shipped, '--rot', '/'], '--rot'],
    ['an option without its value', ['plan', shipped, '--root'], '--root'],
    ['a value for an option that has none', ['plan', shipped, '--verbose=1'], '--verbose'],
    ['an argument too many', ['plan', shipped, shipped], shipped],
    ['no profile', ['plan'], 'profile'],
    ['an empty name of a profile', ['apply', ''], 'profile'],
    ['a profile that does not exist', ['plan', '/nonexistent.yaml'], '/nonexistent.yaml does not exist'],
    ['a profile that is a directory', ['plan', join(scratch, 'directory')], 'is a directory'],
    ['a profile that is a link to itself', ['plan', join(scratch, 'loop.yaml')], 'ELOOP'],
    ['a root that is a file', ['plan', shipped, '--root', shipped], 'is not a directory'],
    ['a root that does not exist', ['check', '--root', '/nonexistent'], 'is not a directory'],
    ['an empty root', ['apply', shipped, '--root', '', '--yes'], 'is not a directory'],
    ['a demo of another root', ['check', '--demo', '--root', '/'], '--demo and --root'],
    [
      'an option of another command',
      ['rollback', '--trial', '--yes', '--root', root],
      'rollback does not know --trial, which is for apply',
    ],
    ['an option of a command for the wizard', ['--yes', '--root', root], 'The wizard does not know --yes'],
    ['an unknown sub-command', ['profile', 'frobnicate'], 'frobnicate'],
    ['no sub-command', ['profile'], 'profile'],
    ['an address that is none', ['profile', 'new', '--device', 'gpu', '--root', root], 'gpu'],
    ['a device that is not there', ['profile', 'new', '--device', '3b:00.0', '--root', root], '0000:3b:00.0'],
    ['a capture without a file', ['capture', '--root', root], 'capture'],
    ['a rollback of an unknown run', ['rollback', 'yesterday', '--yes', '--root', root], 'yesterday'],
  ])('because of %s gets one sentence, what to do next, and exit code 2', async (_name, args, word) => {
    const {stdout, stderr, exitCode} = await run(...args);
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toContain(word);
  });

  it('because of verify where nothing is applied has an exit code of its own', async () => {
    const {stdout, stderr, exitCode} = await run('verify', '--root', root);
    expect({exitCode, stdout}).toEqual({exitCode: 6, stdout: ''});
    expect(stderr).toMatch(oneSentence);
    expect(stderr).toContain('Nothing is applied');
  });

  it('writes nothing', () => expect(differences(pristine, treeState(root, {times: true, history: true}))).toEqual({}));
});
