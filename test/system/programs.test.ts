import {chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {readOnlyRunner} from '../../src/system/run-program.ts';
import {trustedProgram} from '../../src/system/trusted-program.ts';

describe('programs', () => {
  it('finds a system program by name only', () => {
    expect(trustedProgram('env')).toMatch(/^\/(?:usr\/)?s?bin\/env$/);
    expect(trustedProgram('../bin/env')).toBeNull();
    expect(trustedProgram('/usr/bin/env')).toBeNull();
    expect(trustedProgram('no-such-program-here')).toBeNull();
  });

  it.skipIf(process.geteuid?.() !== 0)('runs none that somebody besides root can replace (needs root)', () => {
    const place = mkdtempSync(join(homedir(), '.vfio-pilot-programs-'));
    const program = join(place, 'tool');
    const isFound = (): boolean => trustedProgram('tool', [place]) !== null;
    try {
      writeFileSync(program, '#!/bin/sh\n', {mode: 0o755});
      expect(isFound()).toBe(true);
      for (const [path, mode] of [
        [program, 0o775],
        [program, 0o757],
        [program, 0o644],
        [place, 0o777],
        [place, 0o1777],
      ] as const) {
        const {mode: before} = statSync(path);
        chmodSync(path, mode);
        expect([path, mode, isFound()]).toEqual([path, mode, false]);
        chmodSync(path, before & 0o7777);
      }
      for (const path of [program, place]) {
        chownSync(path, 1000, 0);
        expect([path, isFound()]).toEqual([path, false]);
        chownSync(path, 0, 0);
      }
      expect(isFound()).toBe(true);
    } finally {
      rmSync(place, {recursive: true});
    }
  });

  it('gives programs a built environment and nothing of its own', () => {
    process.env['VFIO_PILOT_LEAK'] = '1';
    const lines = readOnlyRunner('env', [])?.trim().split('\n').sort();
    delete process.env['VFIO_PILOT_LEAK'];
    expect(lines).toEqual([
      'HOME=/root',
      'LC_ALL=C.UTF-8',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin',
    ]);
  });

  it('returns null for a program that fails or does not exist', () => {
    expect(readOnlyRunner('false', [])).toBeNull();
    expect(readOnlyRunner('no-such-program-here', [])).toBeNull();
  });

  it('passes arguments without a shell', () => {
    expect(readOnlyRunner('printf', ['%s', '$(id) *'])).toBe('$(id) *');
  });
});
