import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {SriovFacts} from '../../src/facts/pci.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import type {ProfileDevice} from '../../src/profile/profile.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import {sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleFiles} from '../support/sample-plan.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const address = '0000:04:00.0';
const of = {address, id: null, subsystem: null, upstream: null} as const;
const any: ProfileDevice = {kind: 'pooled-function', anyFunction: {of, count: 'auto'}, mac: null, vlan: null};
const numbered: ProfileDevice = {
  kind: 'virtual-function',
  function: {of, index: 0, count: 'auto', id: null, vgpu: null, mixedSizes: false},
  mac: null,
  vlan: null,
};

const host = (sriov: Partial<SriovFacts>, more: Partial<HostFacts> = {}, pciClass = '020000'): HostFacts =>
  sampleFacts(undefined, {
    pci: [
      ...samplePciFunctions,
      samplePci(address, {
        class: pciClass,
        vendor: '8086',
        device: '10c9',
        driver: 'igb',
        iommuGroup: 30,
        sriov: sampleSriov(sriov),
      }),
    ],
    files: sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'}),
    ...more,
  });
const plan = (facts: HostFacts, device: ProfileDevice) =>
  previewChanges(facts, sampleProfile({devices: [device], guest: {name: 'router', os: 'linux'}}));
const warningsOf = (facts: HostFacts, device: ProfileDevice) =>
  plan(facts, device).findings.filter(({code}) => code === 'vf-pf-is-down');
const promisesOf = (facts: HostFacts, device: ProfileDevice) =>
  kvm.promises(facts, plan(facts, device).plan).filter(({id}) => id === 'vf-interface');

describe('the interface of a card whose virtual functions go to guests of libvirt', () => {
  it.each([
    ['by its number', numbered],
    ['any free one', any],
  ])('is a warning while it is down: %s', (_, device) => {
    expect(warningsOf(host({isInterfaceUp: false}), device)).toMatchObject([
      {
        code: 'vf-pf-is-down',
        severity: 'warning',
        subject: address,
        message: expect.stringMatching(/^The interface enp4s0f0 of 0000:04:00\.0 is down, and libvirt starts no guest/),
        remedy: expect.stringContaining('ip link set dev enp4s0f0 up'),
      },
    ]);
    for (const isInterfaceUp of [true, null]) expect(warningsOf(host({isInterfaceUp}), device)).toEqual([]);
  });

  it('is promised to be up', () => {
    const statusOf = (isInterfaceUp: boolean | null) =>
      promisesOf(host({isInterfaceUp}), any).map(({id, status, fact, remedy}) => [
        `${id} ${status}`,
        fact,
        remedy !== null,
      ]);
    expect(statusOf(true)).toEqual([['vf-interface kept', 'It is up.', false]]);
    expect(statusOf(false)).toEqual([['vf-interface broken', 'It is down.', true]]);
    expect(statusOf(null)).toEqual([['vf-interface unknown', 'Whether it is up is unknown.', false]]);
    expect(promisesOf(host({isInterfaceUp: false}), numbered)).toMatchObject([{status: 'broken'}]);
  });

  it('does not matter to a card without an interface, to another kind of device and to Proxmox VE', () => {
    expect(warningsOf(host({interface: null, isInterfaceUp: null}), numbered)).toEqual([]);
    expect(promisesOf(host({interface: null, isInterfaceUp: null}), numbered)).toEqual([]);
    expect(warningsOf(host({isInterfaceUp: false}, {}, '010802'), numbered)).toEqual([]);
    expect(warningsOf(host({isInterfaceUp: false}), sampleDevice('0000:06:00.0'))).toEqual([]);
    expect(
      warningsOf(host({isInterfaceUp: false}, {virtualisation: proxmoxFacts({}).virtualisation}), numbered),
    ).toEqual([]);
  });
});
