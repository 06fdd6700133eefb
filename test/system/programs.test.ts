import {describe, expect, it} from 'vitest';
import {readOnlyRunner} from '../../src/system/programs.ts';
import {trustedProgram} from '../../src/system/trusted-program.ts';

describe('programs', () => {
  it('finds a system program by name only', () => {
    expect(trustedProgram('env')).toMatch(/^\/(?:usr\/)?s?bin\/env$/);
    expect(trustedProgram('../bin/env')).toBeNull();
    expect(trustedProgram('/usr/bin/env')).toBeNull();
    expect(trustedProgram('no-such-program-here')).toBeNull();
  });

  it('gives programs a built environment and nothing of its own', () => {
    process.env['VFIO_PILOT_LEAK'] = '1';
    const lines = readOnlyRunner('env', [])?.trim().split('\n').sort();
    delete process.env['VFIO_PILOT_LEAK'];
    expect(lines).toEqual(['HOME=/root', 'LC_ALL=C.UTF-8', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin']);
  });

  it('returns null for a program that fails or does not exist', () => {
    expect(readOnlyRunner('false', [])).toBeNull();
    expect(readOnlyRunner('no-such-program-here', [])).toBeNull();
  });

  it('passes arguments without a shell', () => {
    expect(readOnlyRunner('printf', ['%s', '$(id) *'])).toBe('$(id) *');
  });
});
