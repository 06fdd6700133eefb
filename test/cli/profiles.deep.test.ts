import {readdirSync} from 'node:fs';
import {resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {applyTo, expectNothingToDo} from './plan-document.ts';

const directory = resolve(import.meta.dirname, '../../profiles');
const names = readdirSync(directory)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace(/\.yaml$/, ''));

type Promised = {readonly id: string; readonly status: string; readonly promise: string};

/** Hosts where this program does not run: their plan becomes a script, which other tests run. */
const scripted = names.filter((name) => name.startsWith('xcp-ng-'));

describe.each(names.filter((name) => !scripted.includes(name)))('the profile %s on its host', (name) => {
  it('is applied once, verified, and rolled back to the byte', async () => {
    const root = unpackHost(name);
    const before = treeState(root);
    const applied = await applyTo(profilePath(name), root);
    const written = Object.keys(differences(before, treeState(root))).length;
    expect(written).toBeGreaterThanOrEqual(applied.changes.filter(({kind}) => kind !== 'run').length);

    await expectNothingToDo(profilePath(name), root);

    const verified = await runCli(['verify', '--root', root, '--json']);
    const {promises} = JSON.parse(verified.stdout) as {promises: Promised[]};
    expect(promises.filter(({id}) => id === 'file').map(({status}) => status)).toEqual(
      applied.changes.filter(({kind}) => kind !== 'run').map(() => 'kept'),
    );
    expect(
      promises.filter(({id}) => ['device-driver', 'vf-address', 'mdev-device', 'usb-one'].includes(id)).length,
    ).toBe(applied.devices.length);
    expect([0, 3]).toContain(verified.exitCode);

    const rollback = await runCli(['rollback', '--root', root, '--yes']);
    expect(rollback.exitCode, rollback.stderr).toBe(0);
    expect(rollback.stdout).toContain(applied.applied);
    const changed = differences(before, treeState(root));
    figure(`E3 ${name}`, '0 paths differ', `${Object.keys(changed).length} paths differ`);
    expect(changed).toEqual({});
  });
});

describe.each(scripted)('the profile %s on a host where this program does not run', (name) => {
  it('is exported as a script, and not applied', async () => {
    const root = unpackHost(name);
    const before = treeState(root);
    const exported = await runCli(['export', 'script', profilePath(name), '--root', root]);
    expect(exported).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^#!\/bin\/sh\n/)});
    expect(await runCli(['apply', profilePath(name), '--root', root, '--yes'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('export script'),
    });
    expect(differences(before, treeState(root))).toEqual({});
  });
});
