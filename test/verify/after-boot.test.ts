import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciBar, PciFunction} from '../../src/facts/pci.ts';
import {vfioPromises} from '../../src/binding/vfio/promises.ts';
import {functionPromises} from '../../src/devices/function/promises.ts';
import type {PromiseResult} from '../../src/findings/promise-result.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {verifyKernelLog} from '../../src/verify/verify-kernel.ts';
import {sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {samplePlan} from '../support/sample-plan.ts';

const verifyDevices = (facts: HostFacts, applied: Plan): readonly PromiseResult[] => [
  ...applied.devices.flatMap((device) => functionPromises(facts, applied, device)),
  ...vfioPromises(facts, applied),
];
const promisesOf =
  (id: string) =>
  (facts: HostFacts, applied: Plan): readonly PromiseResult[] =>
    verifyDevices(facts, applied).filter((result) => result.id === id);
const verifyGroups = promisesOf('group-viable');
const verifyFramebuffers = promisesOf('device-framebuffer');
const verifyPower = promisesOf('device-power');
const plan = samplePlan();
const {kernel} = sampleFacts();
const card = '0000:06:00.0';
const bar: PciBar = {
  index: 1,
  start: '0x00000000e0000000',
  sizeBytes: 0x1000,
  isMemory: true,
  is64Bit: true,
  isPrefetchable: true,
  isUnset: false,
};
const booted = (values: Partial<PciFunction> = {}, more: readonly PciFunction[] = []): HostFacts =>
  sampleFacts(undefined, {
    pci: [
      ...samplePciFunctions.map((device) =>
        device.address.startsWith('0000:06')
          ? {...device, driver: 'vfio-pci', ...(device.address === card ? {bars: [bar], ...values} : {})}
          : device,
      ),
      ...more,
    ],
  });

describe('after the reboot', () => {
  it('failure mode 4: each member of the group is with vfio, or the one that is not is named', () => {
    expect(verifyGroups(booted(), plan)).toMatchObject([{status: 'kept', promise: 'Group 17 can go to a guest.'}]);
    expect(
      verifyGroups(
        booted({}, [samplePci('0000:06:00.2', {class: '0c0330', driver: 'xhci_hcd', iommuGroup: 17})]),
        plan,
      ),
    ).toMatchObject([{status: 'broken', fact: '0000:06:00.2 is with xhci_hcd.'}]);
    const byLibvirt: Plan = {...plan, binding: {...plan.binding, by: 'libvirt'}};
    expect(verifyGroups(booted(), byLibvirt)).toMatchObject([
      {status: 'kept', fact: 'Nothing in it is with a driver of the host.'},
    ]);
    expect(verifyGroups(booted({driver: 'nouveau'}), byLibvirt)).toMatchObject([
      {status: 'kept', fact: 'Nothing in it is with a driver of the host, except what is taken when the guest starts.'},
    ]);
  });

  it('failure mode 12: what holds the card’s memory is read from /proc/iomem and not from the arguments', () => {
    expect(verifyFramebuffers(booted({bootFramebuffers: []}), plan)).toMatchObject([{status: 'kept', remedy: null}]);
    expect(verifyFramebuffers(booted({bootFramebuffers: ['simpledrm']}), plan)).toMatchObject([
      {
        status: 'broken',
        fact: 'simpledrm does in /proc/iomem.',
        remedy: expect.stringContaining('firmware set-up') as string,
      },
    ]);
    expect(verifyFramebuffers(booted(), plan)).toMatchObject([{status: 'unknown', remedy: null}]);
  });

  it('failure mode 26: a card that is powered off is a fault only where it was to stay awake', () => {
    const awake = {
      ...plan,
      binding: {
        ...plan.binding,
        moduleOptions: [{module: 'vfio-pci', parameter: 'disable_idle_d3', value: '1', because: 'x'}],
      },
    };
    expect(verifyPower(booted({powerState: 'D3hot'}), plan)).toMatchObject([{status: 'kept'}]);
    expect(verifyPower(booted({powerState: 'D3cold'}), plan)).toMatchObject([
      {status: 'unknown', remedy: expect.stringContaining('host.disableIdleD3: yes') as string},
    ]);
    expect(verifyPower(booted({powerState: 'D3cold'}), awake)).toMatchObject([
      {status: 'broken', remedy: expect.stringContaining('d3cold_allowed') as string},
    ]);
    expect(verifyPower(booted(), plan)).toEqual([]);
  });

  it('failure mode 44: vfio-pci in the place of a variant is a broken promise', () => {
    const variant = {...plan, devices: plan.devices.slice(0, 1).map((device) => ({...device, driver: 'xe_vfio_pci'}))};
    const driver = (name: string) =>
      verifyDevices(booted({driver: name}), variant).find(({id}) => id === 'device-driver');
    expect(driver('xe-vfio-pci')).toMatchObject({status: 'kept'});
    expect(driver('vfio-pci')).toMatchObject({
      status: 'broken',
      remedy: expect.stringContaining('xe_vfio_pci') as string,
    });
  });

  it('failure modes 47 and 48: a card without a driver, or with its own, is a broken promise of the early script', () => {
    const driver = (values: Partial<PciFunction>) =>
      verifyDevices(booted(values), plan).find(({id, promise}) => id === 'device-driver' && promise.startsWith(card));
    expect(driver({driver: 'nouveau', driverOverride: 'vfio-pci'})).toMatchObject({
      status: 'broken',
      remedy: expect.stringContaining('nouveau took the card before vfio-pci') as string,
    });
    expect(driver({driver: null, driverOverride: 'vfio-pci'})).toMatchObject({
      status: 'broken',
      fact: 'It has no driver.',
      remedy: expect.stringContaining('driver_override is vfio-pci') as string,
    });
  });
});

describe('failure mode 18: the kernel’s log after the reboot', () => {
  const log = (unknownArguments: readonly string[], complaints: readonly string[] = []): HostFacts =>
    sampleFacts(undefined, {kernel: {...kernel, log: {unknownArguments, complaints}}});

  it('has nothing against what was added, whatever else it does not know', () => {
    expect(
      verifyKernelLog(log(['splash', 'BOOT_IMAGE=/vmlinuz'], ["kvm: unknown parameter 'x' ignored"]), plan),
    ).toMatchObject([{status: 'kept'}]);
  });

  it('names an argument that was added and means nothing to it', () => {
    expect(verifyKernelLog(log(['intel-iommu=on']), plan)).toMatchObject([
      {
        status: 'broken',
        fact: expect.stringContaining('does not know intel-iommu=on') as string,
        remedy: expect.stringContaining('plan again') as string,
      },
    ]);
    expect(verifyKernelLog(log([], ['HugeTLB: Invalid hugepages parameter 0:6144,1:0']), plan)).toMatchObject([
      {status: 'broken'},
    ]);
    expect(verifyKernelLog(log([], ["kvm: unknown parameter 'ignore_msrs' ignored"]), plan)).toMatchObject([
      {status: 'broken'},
    ]);
    expect(verifyKernelLog(log([], ['DMAR: Unknown option - x']), plan)).toMatchObject([{status: 'broken'}]);
  });

  it('is unknown where it can not be read, and not asked when nothing was added', () => {
    expect(verifyKernelLog(sampleFacts(), plan)).toMatchObject([{status: 'unknown', remedy: null}]);
    expect(verifyKernelLog(log([]), {...plan, kernelArguments: {add: [], remove: [], ownedKeys: []}})).toEqual([]);
  });
});
