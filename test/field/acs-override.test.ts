import {describe, expect, it} from 'vitest';
import {describeAcsOverride} from '../../src/groups/acs-override.ts';
import {readGroupOutline} from '../../src/host/read-groups.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {groups} from '../../src/commands/groups.ts';
import {openSource} from '../../src/system/source.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {writeTree} from '../support/write-tree.ts';

const argument = 'pcie_acs_override=downstream,multifunction';
const startedWith = (commandLine: string | null, unknown: readonly string[] | null = null) => {
  const base = sampleFacts();
  const facts = {
    ...base,
    boot: {...base.boot, commandLine},
    kernel: {...base.kernel, log: unknown === null ? null : {unknownArguments: unknown, complaints: []}},
  };
  return planPassthrough(facts, sampleProfile()).findings.filter(({code}) => code === 'iommu-groups-overridden');
};

const style = {hasColor: false, columns: 80, program: 'vfio-pilot', typed: String, hint: String};

describe('groups that the ACS override made', () => {
  it('are a warning of the plan, with the argument that is really there', () => {
    expect(startedWith(`root=/dev/sda1 ${argument} quiet`)).toEqual([
      expect.objectContaining({
        code: 'iommu-groups-overridden',
        severity: 'warning',
        message: expect.stringContaining(argument),
      }),
    ]);
    expect(startedWith('root=/dev/sda1 pcie_acs_override=id:8086:a118')).toHaveLength(1);
  });

  it('are none where the argument is missing, or where the kernel says that it does not know it', () => {
    expect(startedWith('root=/dev/sda1 quiet')).toEqual([]);
    expect(startedWith(null)).toEqual([]);
    expect(startedWith(`root=/dev/sda1 ${argument}`, [argument])).toEqual([]);
    expect(startedWith(`root=/dev/sda1 ${argument}`, [])).toHaveLength(1);
  });

  it('are announced above the list of groups', () => {
    const root = writeTree({'proc/cmdline': `root=/dev/sda1 ${argument}\n`});
    const outline = readGroupOutline(openSource(root, null));

    expect(groups.describe({outline, facts: null}, style).split('\n')[0]).toBe(describeAcsOverride(argument));
    expect(describeAcsOverride('quiet')).toBeNull();
  });
});
