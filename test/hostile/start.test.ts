import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {findUnsafeStart} from '../../src/system/start-guard.ts';
import {filesBelow, findDistrust} from '../../src/system/trusted-program.ts';
import {figure} from '../figures/figure.ts';
import {program, programName, runCli} from '../support/run-cli.ts';

const isRoot = process.geteuid?.() === 0;
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-start-'));
afterAll(() => rmSync(directory, {recursive: true}));

const code = join(directory, 'loaded.cjs');
writeFileSync(code, 'process.stderr.write("loaded\\n");');

describe.skipIf(!isRoot)('a start as root that lets other code in (needs root)', () => {
  it('is refused with the reason and with what to type instead', async () => {
    const environments: readonly Readonly<Record<string, string>>[] = [
      {NODE_OPTIONS: `--require ${code}`},
      {NODE_OPTIONS: '--no-warnings'},
      {NODE_PATH: directory},
      {LD_PRELOAD: '/nonexistent.so'},
      {NODE_REDIRECT_WARNINGS: join(directory, 'warnings')},
      {OPENSSL_CONF: '/dev/null'},
      {UV_USE_IO_URING: '1'},
    ];
    const nodeArguments = [
      ['--require', code],
      ['-r', code],
      ['--import', code],
      ['--inspect=127.0.0.1:0'],
      ['--inspect-port=0', '--inspect'],
    ];
    const refused: boolean[] = [];
    for (const env of environments) {
      const [name = ''] = Object.keys(env);
      const {exitCode, stderr, stdout} = await runCli(['check', '--demo'], {env});
      refused.push(
        exitCode === 2 &&
          stdout === '' &&
          stderr.includes(`${name} is set in the environment`) &&
          stderr.includes(`env -u ${name} ${programName}`),
      );
    }
    for (const args of nodeArguments) {
      const {status, stderr, stdout} = spawnSync(process.execPath, [...args, program, 'check', '--demo'], {
        encoding: 'utf8',
        env: {PATH: '/usr/bin:/bin'},
      });
      refused.push(status === 2 && stdout === '' && stderr.includes('Node was started with -'));
    }
    figure('I2', '12/12 refused', `${refused.filter(Boolean).length}/${refused.length} refused`);
    expect(refused.every(Boolean)).toBe(true);
  });

  it('tells who came through sudo to keep sudo in front', async () => {
    const {stderr} = await runCli(['check', '--demo'], {
      env: {NODE_OPTIONS: '--no-warnings', NODE_PATH: '/x', SUDO_UID: '1000', SUDO_GID: '1000'},
    });
    expect(stderr).toContain(`Start it without: sudo env -u NODE_OPTIONS -u NODE_PATH ${programName}`);
  });
});

describe('a start', () => {
  it('with the same settings is an ordinary user’s own affair', () => {
    expect(
      findUnsafeStart({isRoot: false, environment: {NODE_OPTIONS: '--require x'}, nodeArguments: ['--inspect']}),
    ).toBeNull();
  });

  it('with empty or harmless settings goes on', () => {
    expect(
      findUnsafeStart({
        isRoot: true,
        environment: {NODE_OPTIONS: '', UV_USE_IO_URING: '0', NODE_ENV: 'x'},
        nodeArguments: ['--max-old-space-size=512', '--no-warnings'],
      }),
    ).toBeNull();
  });
});

describe.skipIf(!isRoot)('a program that root runs (needs root)', () => {
  const install = (): string => {
    const place = mkdtempSync(join(directory, 'program-'));
    chmodSync(place, 0o755);
    mkdirSync(join(place, 'dist/chunks'), {recursive: true});
    writeFileSync(join(place, 'dist/cli.js'), '');
    writeFileSync(join(place, 'dist/chunks/a.js'), '');
    return place;
  };
  const distrusted = (place: string): readonly string[] =>
    findDistrust(filesBelow(place)).map(({path, by, who}) => `${path.slice(place.length)} ${by} ${who}`);

  it('is trusted where only root can write, also below a sticky directory', () =>
    expect(distrusted(install())).toEqual([]));

  it.each<[string, (place: string) => void, string]>([
    [
      'everybody can write to a file',
      (place) => chmodSync(join(place, 'dist/chunks/a.js'), 0o666),
      '/dist/chunks/a.js anyone every user',
    ],
    ['everybody can write to a directory above it', (place) => chmodSync(place, 0o777), ' anyone every user'],
    ['a user owns it', (place) => chownSync(join(place, 'dist/cli.js'), 1234, 0), '/dist/cli.js other user 1234'],
    [
      'a group can write to it',
      (place) => (chownSync(join(place, 'dist'), 0, 2345), chmodSync(join(place, 'dist'), 0o775)),
      '/dist other group 2345',
    ],
  ])('is not, and that is named, where %s', (_title, spoil, told) => {
    const place = install();
    spoil(place);
    expect(distrusted(place)).toEqual([told]);
  });

  it('is judged where it really lies, not where a link to it lies', () => {
    const place = install();
    chmodSync(join(place, 'dist/cli.js'), 0o666);
    symlinkSync(join(place, 'dist/cli.js'), join(directory, 'link.js'));
    expect(findDistrust([join(directory, 'link.js')]).map(({path}) => path)).toEqual([join(place, 'dist/cli.js')]);
  });
});
