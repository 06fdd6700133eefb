import {spawnSync} from 'node:child_process';
import {closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {decodeSavedPlan} from '../../src/changes/saved-plan.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {figure} from '../figures/figure.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {profilePath, program, runCli} from '../support/run-cli.ts';
import {deepOrNight} from '../support/sizes.ts';
import {measureIn} from '../support/work.ts';
import {soundProfile} from './hostile-profiles.ts';
import {payloads} from './payloads.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-parser-'));
afterAll(() => rmSync(directory, {recursive: true}));
const mutants = deepOrNight(1500, 100_000);

/** A plain profile is parsed in about a millisecond. */
const limit = 2000;

const sources = [
  soundProfile,
  'version: 1\nname: x\ndevices:\n  - address: 0000:06:00.0\n    id: 10de:1c81\ncpu:\n  vcpus: 8\nmemory:\n  size: 12 GiB\nguest:\n  name: win10\n',
  '{"format": "vfio-pilot plan", "version": 1, "profile": {"file": "x", "text": "x"}, "changes": [], "world": {"toolVersion": "1", "settings": {}, "things": {}, "files": {}}}',
];

const monsters: readonly (readonly [string, string])[] = [
  ['nested lists', '['.repeat(100_000)],
  ['nested maps', '{a: '.repeat(50_000)],
  ['nested block', Array.from({length: 2000}, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  [
    'a billion laughs',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
      .join('\n')}`,
  ],
  ['merge keys', 'a: &a {<<: *a}\n<<: *a'],
  ['a duplicate key 10 000 times', 'name: x\n'.repeat(10_000)],
  ['10 000 unknown keys', Array.from({length: 10_000}, (_, index) => `k${index}: x`).join('\n')],
  ['__proto__', 'version: 1\n__proto__: {isValid: true}\nconstructor: {prototype: {polluted: yes}}'],
  ['a long word', `name: ${'a'.repeat(200_000)}`],
  ['a long line of quotes', `name: ${"'".repeat(100_001)}`],
  ['a long comment', `#${' '.repeat(200_000)}`],
  ['many documents', '---\n'.repeat(20_000)],
  ['many anchors', Array.from({length: 5000}, (_, index) => `k${index}: &a${index} x`).join('\n')],
  ['tabs', '\t'.repeat(100_000)],
  ['a folded scalar', `name: >\n${'  x\n\n'.repeat(20_000)}`],
  ['flow in flow', `{${'[{'.repeat(20_000)}`],
  ['question marks', '? '.repeat(50_000)],
  ['dashes', '- '.repeat(50_000)],
  ['tags', '!!x '.repeat(20_000)],
];

describe('the parser of what strangers send', () => {
  it('answers at once with findings, and never with an exception', () => {
    const parse = (text: string): void => {
      const {profile, findings} = decodeProfile(text, 'x.yaml');
      if (profile === null) expect(findings.length).toBeGreaterThan(0);
      decodeSavedPlan(text);
    };
    const inPlainProfiles = measureIn(() => parse(soundProfile));
    let most = 0;
    const timed = (text: string): void => {
      most = Math.max(
        most,
        inPlainProfiles(() => parse(text), limit),
      );
    };
    for (const [, text] of monsters) timed(text);
    const seed = chooseSeed();
    const random = randomOf(seed);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    for (let mutant = 0; mutant < mutants; mutant += 1) {
      let text = pick(sources);
      for (let change = 0; change < 1 + random() * 4; change += 1) {
        const at = Math.floor(random() * text.length);
        text =
          text.slice(0, at) +
          pick([pick(payloads).slice(0, 2000), '', String.fromCodePoint(Math.floor(random() * 0xd7ff))]) +
          text.slice(at + Math.floor(random() * 6));
      }
      timed(text);
    }
    figure('G5 work', `≤ ${limit} plain profiles`, `${most.toFixed(0)} plain profiles (seed ${seed})`);
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('isValid');
  });

  it('reads no more of 50 MB, of a pipe without end or of a hole than it takes to refuse them', async () => {
    const large = join(directory, 'large.yaml');
    writeFileSync(large, 'name: x\n'.repeat(50 * 1024 * 128));
    const hole = join(directory, 'hole.yaml');
    const fd = openSync(hole, 'w');
    ftruncateSync(fd, 2 ** 40);
    writeSync(fd, 'version: 1\n', 0);
    closeSync(fd);
    for (const file of [large, hole, '/dev/zero', '/dev/urandom']) {
      expect(await runCli(['plan', file, '--demo'])).toMatchObject({exitCode: 2, signal: null});
    }
  });

  it('waits for no pipe that nobody writes to, and for a slow one as long as it writes', async () => {
    const fifo = join(directory, 'fifo.yaml');
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    expect(await runCli(['profile', 'check', fifo])).toMatchObject({exitCode: 2, signal: null});
    const slow = `(sleep 0.4; head -c 40 "$1"; sleep 0.4; tail -c +41 "$1") | "$2" "$3" apply --dry-run --demo /dev/stdin`;
    const argv = [profilePath('ryzen-two-cards'), process.execPath, program];
    const {status, stdout} = spawnSync('sh', ['-c', slow, 'sh', ...argv], {encoding: 'utf8'});
    expect(status).toBe(0);
    expect(stdout).toContain('Dry run: nothing was written.');
  });

  const measures =
    'import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)';
  it.skipIf(spawnSync('python3', ['-c', 'import resource']).status !== 0)(
    'stays below 200 MB on 50 MB (skipped without python3, which measures)',
    () => {
      const {stdout} = spawnSync(
        'python3',
        ['-c', measures, process.execPath, program, 'profile', 'check', join(directory, 'large.yaml')],
        {encoding: 'utf8'},
      );
      figure('G5 memory', '≤ 200 MB', `${Math.round(Number(stdout) / 1024)} MB`);
      expect(Number(stdout)).toBeLessThan(200 * 1024);
    },
  );
});
