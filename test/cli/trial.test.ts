import {describe, expect, it} from 'vitest';
import {makeTree} from '../support/make-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';

describe('a trial', () => {
  it('is refused on a host that could not come back, with every reason, and writes nothing', async () => {
    const {stdout, exitCode} = await runCli([
      'apply',
      profilePath('two-identical-cards'),
      '--demo',
      'r710',
      '--trial',
      '--yes',
    ]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/\[trial-impossible\]/);
    expect(stdout).toMatch(/nothing was written/);
  });

  it('that nobody started can not be confirmed', async () => {
    const {stderr, exitCode} = await runCli(['confirm', '--yes', '--root', makeTree({'/etc/default/grub': ''})]);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/No trial is waiting.*apply --trial/s);
  });
});
