import {describe, expect, it} from 'vitest';
import {decode} from '../../src/decode/decode.ts';
import {planCheck} from '../../src/plan/decode-plan.ts';
import {planUpgrades} from '../../src/plan/upgrade-plan.ts';
import {samplePlan} from '../support/sample-plan.ts';

/** As version 1 wrote it: no member without a value, and the members of every method of huge pages. */
const firstVersion = (): Record<string, unknown> => {
  const {hypervisorArguments: _, handover: __, ...plan} = samplePlan();
  const {othersKiB: ___, cells: ____, ...memory} = plan.memory;
  const {kind: _____, ...guest} = plan.guest;
  const {kind: ______, by: _______, ...binding} = plan.binding;
  const devices = plan.devices.map(({kind: _kind, assigned, ...device}) => ({
    ...device,
    rom: assigned.type === 'pci' ? assigned.rom : null,
  }));
  return {
    ...plan,
    binding,
    devices,
    memory: {
      ...memory,
      hugepages: {sizeKiB: 2048, perNode: {0: 4096}, method: 'argument', bootTotal: 4096, release: {}},
    },
    guest: {...guest, machine: 'q35', managed: true, hasCachePassthrough: true},
  };
};

describe('the plan of a run of an earlier version', () => {
  it('is not of the present shape', () => expect(decode(planCheck, firstVersion()).isValid).toBe(false));

  it('is read all the same, with what there was none of as null', () => {
    const decoded = decode(planCheck, planUpgrades[2](planUpgrades[1](firstVersion())));
    expect(decoded).toMatchObject({
      isValid: true,
      value: {
        handover: null,
        memory: {othersKiB: null, cells: null, hugepages: {method: 'argument', reserved: null, mount: null}},
        guest: {kind: 'kvm'},
      },
    });
  });
});

describe('a plan with a text where an address belongs', () => {
  const {binding, devices, ...rest} = samplePlan();
  const [first] = devices;

  it('is read as it was written', () => expect(decode(planCheck, {...rest, binding, devices}).isValid).toBe(true));

  it.each([
    ['of a binding', {...rest, devices, binding: {...binding, byAddress: ['../../etc']}}],
    ['of a device', {...rest, binding, devices: [{...first, address: '10de:1c81'}]}],
    ['as an id', {...rest, binding, devices: [{...first, id: '0000:06:00.0'}]}],
  ])('%s is not of the present shape', (_, plan) => expect(decode(planCheck, plan).isValid).toBe(false));
});
