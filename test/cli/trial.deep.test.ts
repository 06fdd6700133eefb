import {describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
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

  it('is not asked for where the profile is applied already, on a host that could not have one either', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    const words = ['apply', profilePath('dell-r710-gtx1050'), '--root', root, '--yes'];
    expect((await runCli([...words, '--trial'])).exitCode).toBe(3);
    await runCli(words);
    const {stdout, exitCode} = await runCli([...words, '--trial']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Nothing to do: this host is already as the profile says/);
    expect(stdout).not.toMatch(/trial/);
  });

  it('that nobody started can not be confirmed', async () => {
    const {stderr, exitCode} = await runCli(['confirm', '--yes', '--root', makeTree({'/etc/default/grub': ''})]);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/No trial is waiting.*apply --trial/s);
  });
});
