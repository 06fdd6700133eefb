import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {type PlanDocument, planOf} from './plan-document.ts';

const root = unpackHost('asus-p8h67m-gtx750');

/** The lines of one group in `groups`, from its heading to the next blank line. */
const groupText = async (id: number): Promise<string> => {
  const {stdout, exitCode} = await runCli(['groups', '--root', root]);
  expect(exitCode).toBe(0);
  return stdout.split('\n\n').find((part) => part.trimStart().startsWith(`Group ${id}:`)) ?? '';
};

/** The file of a profile for one device of this host, made without the wizard. */
const newProfile = async (address: string, name: string): Promise<string> => {
  const file = join(root, 'tmp', `${name}.yaml`);
  mkdirSync(join(root, 'tmp'), {recursive: true});
  const {exitCode, stderr} = await runCli([
    'profile',
    'new',
    '--root',
    root,
    '--device',
    address,
    '--memory',
    '4GiB',
    '--vcpus',
    '4',
    '--out',
    file,
  ]);
  expect(exitCode, stderr).toBe(0);
  return file;
};

describe('the H67 of the VFIO how-to', () => {
  it('lets the GTX 750 go although its group holds the root port', async () => {
    const {devices, findings} = await planOf(profilePath('asus-p8h67m-gtx750'), root);
    expect(devices.map(({address}) => address)).toEqual(['0000:01:00.0', '0000:01:00.1']);
    expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
    const group = await groupText(1);
    expect(group).toMatch(/^Group 1: .*\busable/);
    expect(group).toContain('0000:00:01.0  PCI bridge');
  });

  it('lets the Radeon in group 12 go too', async () => {
    expect(await groupText(12)).toMatch(/^Group 12: .*\busable/);
    const {devices, findings} = await planOf(await newProfile('02:00.0', 'radeon'), root);
    expect(devices.map(({address}) => address)).toEqual(['0000:02:00.0', '0000:02:00.1']);
    expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
  });

  it('does not let a device of group 11 go, and names each device of the group as the reason', async () => {
    const members = ['0000:00:1f.0', '0000:00:1f.2', '0000:00:1f.3'];
    const heading = (await groupText(11)).split('\n')[0] ?? '';
    expect(heading).toMatch(/^Group 11: not usable alone/);
    for (const address of members) expect(heading).toContain(address);

    const {stdout, exitCode} = await runCli(['plan', await newProfile('00:1f.3', 'smbus'), '--root', root, '--json']);
    expect(exitCode).toBe(3);
    const {findings} = JSON.parse(stdout) as PlanDocument;
    const shared = findings.find(({code, severity}) => code === 'iommu-group-shared' && severity === 'blocker');
    expect(shared?.subject).toBe('0000:00:1f.3');
    expect(shared?.message).toContain('0000:00:1f.0 (');
    expect(shared?.message).toContain('0000:00:1f.2 (');
    expect(shared?.message).toMatch(/0000:00:1f\.0, \.2 and \.3 are functions of one device/);
  });
});
