import {spawnSync} from 'node:child_process';
import {existsSync, lstatSync, readFileSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {RunRequest} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {runProgram} from '../../src/system/run-program.ts';
import {put, withRoot} from './scratch-root.ts';

const running = (script: string, options: Partial<RunRequest> = {}) =>
  runProgram('/bin/sh', {
    argv: ['sh', '-c', script],
    timeoutSeconds: 20,
    signal: new AbortController().signal,
    onOutput: () => undefined,
    ...options,
  });

describe('a program', () => {
  it('sees three variables and an empty standard input', async () => {
    process.env['VFIO_PILOT_CANARY'] = 'seen';
    const result = await running('env -u PWD -u SHLVL -u _ | sort; cat');
    expect(result).toMatchObject({
      state: 'ended',
      exitCode: 0,
      problem: null,
      stdout: 'HOME=/root\nLC_ALL=C.UTF-8\nPATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin\n',
    });
  });

  it('tells its code and the last lines of both outputs, without what steers a terminal', async () => {
    const seen: (readonly string[])[] = [];
    const result = await running(
      String.raw`printf '10%%\r20%%\rdone\n'; printf '\033[31mred\033[0m\033]52;c;x\007\n' >&2; exit 3`,
      {onOutput: (lines) => seen.push(lines)},
    );
    expect(result).toMatchObject({exitCode: 3, problem: 'it ended with code 3'});
    expect([...(result.state === 'ended' ? result.lastLines : [])].sort()).toEqual(['done', 'red]52;c;x']);
    expect(seen.length).toBeGreaterThan(0);
  });

  it('is stopped with everything that it started when it is interrupted', () =>
    withRoot(async (root) => {
      const controller = new AbortController();
      // It ends by itself some time, so that a stop that misses it fails here and is not waited for without end.
      const loop = `for n in $(seq 3000); do echo x >> ${root}/alive; sleep 0.01; done; echo x > ${root}/survived`;
      const result = await running(`(${loop}) & echo started; wait`, {
        signal: controller.signal,
        onOutput: () => controller.abort(),
      });
      expect(result).toMatchObject({problem: 'it was interrupted'});
      const size = (): number => (existsSync(join(root, 'alive')) ? lstatSync(join(root, 'alive')).size : 0);
      const before = size();
      spawnSync('sleep', ['0.1']);
      expect(size()).toBe(before);
      expect(existsSync(join(root, 'survived'))).toBe(false);
    }));

  it('is stopped after its time', async () => {
    await expect(running('sleep 20', {timeoutSeconds: 0.1})).resolves.toMatchObject({
      problem: 'it took longer than 0.1 s',
    });
  });

  it('that leaves a daemon behind is not waited for', async () => {
    await expect(running('sleep 20 & exit 0', {timeoutSeconds: 10})).resolves.toMatchObject({
      exitCode: 0,
      problem: null,
    });
  });

  it('is not run below another root', () =>
    withRoot(async (root) => {
      const request = {
        argv: ['true'],
        timeoutSeconds: 1,
        signal: new AbortController().signal,
        onOutput: () => undefined,
      } as const;
      await expect(realMachine(root).run(request)).resolves.toEqual({
        state: 'not-run',
        reason: 'not run: another root',
      });
    }));
});

describe('a machine below another root', () => {
  it('neither follows nor writes through a link at the last part', () =>
    withRoot((root) => {
      put(root, '/victim', 'safe');
      symlinkSync('victim', join(root, 'link'));
      const machine = realMachine(root);
      expect(() => machine.create('/link')).toThrow(/\/link: something is there already \(EEXIST\)/u);
      expect(() => machine.read('/link')).toThrow(/ELOOP/u);
      expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('safe');
    }));

  it('creates a file that nobody else may read until it has its mode, whatever the umask', () =>
    withRoot((root) => {
      const umask = process.umask(0);
      try {
        realMachine(root).create('/new').close();
      } finally {
        process.umask(umask);
      }
      expect(lstatSync(join(root, 'new')).mode & 0o7777).toBe(0o600);
    }));

  it('names the host path and the reason in its errors', () =>
    withRoot((root) => {
      expect(() => realMachine(root).read('/etc/missing')).toThrow('Reading /etc/missing: it is not there (ENOENT)');
    }));

  it('leaves no descriptor open', () =>
    withRoot((root) => {
      put(root, '/a/b/c', 'x');
      const machine = realMachine(root);
      const open = (): number => realMachine('/').list('/proc/self/fd').length;
      const before = open();
      for (let time = 0; time < 50; time += 1) {
        machine.read('/a/b/c');
        machine.list('/a/b');
        machine.stat('/a/missing/c');
      }
      expect(open()).toBe(before);
    }));
});

describe('a path', () => {
  it('that leads out of the root is refused', () =>
    withRoot((root) => {
      put(root, '/etc/a', 'x');
      symlinkSync('../../../../etc', join(root, 'etc/out'));
      expect(() => realMachine(root).read('/etc/out/passwd')).toThrow(/EXDEV/u);
    }));

  it('of a FIFO is neither waited for nor read', () =>
    withRoot((root) => {
      expect(spawnSync('mkfifo', [join(root, 'fifo')]).status).toBe(0);
      expect(() => realMachine(root).read('/fifo')).toThrow(/no regular file/u);
    }));
});
