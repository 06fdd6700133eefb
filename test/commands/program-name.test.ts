import {chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {tmpdir} from 'node:os';
import {afterAll, describe, expect, it} from 'vitest';
import {judgeExecutable, judgeProgram} from '../../src/commands/judge-program.ts';
import {programName} from '../../src/commands/program-name.ts';
import {withProgramName} from '../../src/words/with-program-name.ts';

const PATH = '/usr/local/bin:/usr/bin';

describe('the name of the program', () => {
  it.each([
    ['/usr/local/bin/vfio-pilot', {PATH}, 'vfio-pilot'],
    ['/root/.npm/_npx/x/node_modules/.bin/vfio-pilot', {PATH, npm_command: 'exec'}, 'npx vfio-pilot'],
    ['/home/me/node_modules/.bin/vfio-pilot', {PATH}, '/home/me/node_modules/.bin/vfio-pilot'],
    ['/home/me/vfio-pilot/bin/vfio-pilot.js', {PATH}, 'node bin/vfio-pilot.js'],
    ['/opt/my tools/bin/vfio-pilot.js', {}, "node '/opt/my tools/bin/vfio-pilot.js'"],
  ])('is what starts %s', (script, environment, name) =>
    expect(programName({script, isSingleFile: false, directory: '/home/me/vfio-pilot', environment})).toBe(name),
  );

  it.each([
    ['vfio-pilot', {PATH}, 'vfio-pilot'],
    ['/usr/bin/vfio-pilot', {PATH}, 'vfio-pilot'],
    ['./vfio-pilot-0.1.0-linux-x64', {PATH}, './vfio-pilot-0.1.0-linux-x64'],
    ['/opt/my tools/vfio-pilot', {PATH, npm_command: 'exec'}, "'/opt/my tools/vfio-pilot'"],
  ])('is the word that starts one executable, %s', (script, environment, name) =>
    expect(programName({script, isSingleFile: true, directory: '/home/me/vfio-pilot', environment})).toBe(name),
  );

  it('takes the place of the plain name in hints, and of nothing else', () => {
    expect(
      withProgramName(
        'Run `sudo vfio-pilot verify`; `vfio-pilot` wrote vfio-pilot.conf, see `/etc/vfio-pilot x`.',
        'npx vfio-pilot',
      ),
    ).toBe('Run `sudo npx vfio-pilot verify`; `npx vfio-pilot` wrote vfio-pilot.conf, see `/etc/vfio-pilot x`.');
  });
});

describe.skipIf(process.geteuid?.() !== 0)('the files of the program (needs root)', () => {
  const place = mkdtempSync(join(tmpdir(), 'vfio-pilot-judge-'));
  chmodSync(place, 0o755);
  afterAll(() => rmSync(place, {recursive: true}));

  it('are judged where it is one file among others, without a package.json', () => {
    const module = join(place, 'vfio-pilot.mjs');
    writeFileSync(module, '');
    writeFileSync(join(place, 'other'), '', {mode: 0o666});
    chmodSync(join(place, 'other'), 0o666);
    expect(judgeProgram(module, module)).toBeNull();
    chmodSync(module, 0o666);
    expect(() => judgeProgram(module, module)).toThrow(`Every user of this machine can write to ${module}`);
  });

  it('are one where it is an executable, which npm is no remedy for', () => {
    const file = join(place, 'executable');
    writeFileSync(file, '', {mode: 0o755});
    expect(judgeExecutable(file)).toBeNull();
    chownSync(file, 1234, 0);
    expect(judgeExecutable(file)).toContain(`install -D -m 755 ${file} /usr/lib/vfio-pilot/vfio-pilot`);
    chmodSync(file, 0o777);
    expect(() => judgeExecutable(file)).toThrow(`Every user of this machine can write to ${file}`);
    expect(() => judgeExecutable('vfio-pilot')).toThrow('/proc is not mounted');
  });

  it('are judged with their chunks and their package.json where npm put them', () => {
    const chunks = join(place, 'package/dist/chunks');
    mkdirSync(chunks, {recursive: true});
    for (const file of ['a.js', '../cli.js', '../../package.json'])
      writeFileSync(join(chunks, file), '', {mode: 0o644});
    expect(judgeProgram(join(chunks, 'a.js'), undefined)).toBeNull();
    chmodSync(join(place, 'package/package.json'), 0o666);
    expect(() => judgeProgram(join(chunks, 'a.js'), undefined)).toThrow('package.json');
  });
});
