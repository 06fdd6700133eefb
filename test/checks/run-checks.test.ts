import {describe, expect, it} from 'vitest';
import {runChecks} from '../../src/checks/run-checks.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {hostNames, unpackHost} from '../support/host-tree.ts';
import {makeTree} from '../support/make-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';

/** What everything that `check` prints has to be. */
const expectReadable = (checks: ReturnType<typeof runChecks>): void => {
  for (const {id, title, fact, status, remedy} of checks) {
    expect(id).toMatch(/^[a-z][a-z\d]*(?:-[a-z\d]+)*$/);
    expect(title).not.toBe('');
    expect(fact, id).toMatch(/[.)]$/);
    expect(fact, id).not.toMatch(/undefined|null|NaN|Infinity|\[object/);
    if (status === 'warning' || status === 'error') expect(remedy, id).toMatch(/\S/);
    if (status === 'ok') expect(remedy, id).toBeNull();
  }
};

describe('all checks', () => {
  it('begin with the firmware and end with the software', () => {
    const ids = runChecks(sampleFacts()).map(({id}) => id);
    expect(new Set(ids).size).toBeGreaterThanOrEqual(20);
    expect(ids.indexOf('cpu-virtualisation')).toBe(0);
    expect(ids.indexOf('iommu-firmware')).toBeLessThan(ids.indexOf('iommu-active'));
    expect(ids.indexOf('iommu-active')).toBeLessThan(ids.indexOf('group-isolation'));
    expect(ids.indexOf('vfio-pci')).toBeLessThan(ids.indexOf('libvirt'));
  });

  it.each(hostNames())('find no error on the host %s', (name) => {
    const checks = runChecks(readHost(openSource(unpackHost(name), null)));
    expectReadable(checks);
    expect(checks.filter(({status}) => status === 'error')).toEqual([]);
  });

  it('say something of an empty tree as well', () =>
    expectReadable(runChecks(readHost(openSource(makeTree({}), null)))));
});
