import {describe, expect, it} from 'vitest';
import {
  checkBars,
  checkDisplays,
  checkIntegrated,
  checkPrimaryDisplay,
  checkReset,
  checkSharing,
} from '../../src/checks/display-checks.ts';
import {checkIsolation} from '../../src/checks/isolation-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciAddress} from '../../src/facts/pci-address.ts';
import {noMediated} from '../../src/facts/mediated.ts';
import type {PciBar, PciFunction} from '../../src/facts/pci.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleParent, sampleType} from '../support/sample-mediated.ts';
import {expectCheck} from './expect-check.ts';

const facts = (pci: readonly PciFunction[], overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(defaultShape, {pci, ...overrides});
const upstream: readonly PciAddress[] = ['0000:00:01.0'];
const nvidia = (values: Partial<PciFunction> = {}): PciFunction =>
  samplePci('0000:01:00.0', {upstream, iommuGroup: 1, name: 'GeForce', ...values});
const intel = samplePci('0000:00:02.0', {
  vendor: '8086',
  device: '016a',
  iommuGroup: 2,
  bootVga: true,
  name: 'HD Graphics',
});
const disk = samplePci('0000:02:00.0', {class: '010802', vendor: '144d', iommuGroup: 3});
const bar = (values: Partial<PciBar> = {}): PciBar => ({
  index: 0,
  start: '0xe0000000',
  sizeBytes: 268435456,
  isMemory: true,
  is64Bit: true,
  isPrefetchable: true,
  isUnset: false,
  ...values,
});

describe('graphics cards', () => {
  it('two are fine, one leaves the host dark, none is an error', () => {
    expectCheck(checkDisplays(facts([intel, nvidia()])), 'ok', /^2: .*HD Graphics; .*GeForce/);
    expectCheck(checkDisplays(facts([nvidia(), disk])), 'warning', /GeForce is the only one/, /second card/);
    expectCheck(checkDisplays(facts([disk])), 'error', /no display device/, /Plug/);
    expectCheck(checkDisplays(facts([])), 'info', /No PCI devices/);
  });

  it('the one that shows the boot is named, with what it costs to give it away', () => {
    expectCheck(checkPrimaryDisplay(facts([nvidia()])), 'info', /Cannot tell which card the screen is connected to/);
    expectCheck(checkPrimaryDisplay(facts([intel, nvidia()])), 'info', /HD Graphics shows the firmware/);
    expectCheck(
      checkPrimaryDisplay(facts([{...intel, bootVga: false}, nvidia({bootVga: true})])),
      'warning',
      /GeForce.*boot framebuffer/,
      /Primary Display/,
    );
    const needs = [{address: '0000:01:00.0', kind: 'display', chain: 'a screen on HDMI-A-1', spares: []}] as const;
    expectCheck(checkPrimaryDisplay(facts([nvidia()], {needs})), 'info', /a screen on HDMI-A-1/);
  });

  it('integrated ones are named as difficult guests', () => {
    expectCheck(checkIntegrated(facts([nvidia()])), 'ok', /None/);
    expectCheck(checkIntegrated(facts([intel, nvidia()])), 'info', /difficult/);
    const apu = samplePci('0000:0c:00.0', {vendor: '1002', device: '15d8', upstream});
    const security = samplePci('0000:0c:00.2', {class: '108000', vendor: '1022', device: '15df', upstream});
    expectCheck(checkIntegrated(facts([apu, security])), 'info', /graphics of the AMD processor/);
    expectCheck(checkIntegrated(facts([samplePci('0000:00:01.0', {vendor: '1002', device: '130f'})])), 'info', /AMD/);
    expectCheck(checkIntegrated(facts([apu])), 'ok', /None/);
  });
});

describe('resetting a card', () => {
  it('is fine with a method of its own or with the bus of a whole card', () => {
    expectCheck(checkReset(facts([nvidia({resetMethods: ['flr', 'bus']})])), 'ok', /0000:01:00\.0: flr, bus/);
    const sound = samplePci('0000:01:00.1', {class: '040300', upstream, resetMethods: []});
    expectCheck(checkReset(facts([nvidia({resetMethods: []}), sound])), 'ok', /whole card/);
  });

  it('that is impossible costs a reboot of the host', () => {
    expectCheck(
      checkReset(facts([nvidia({resetMethods: []})])),
      'warning',
      /can not be reset/,
      /one guest start per boot/,
    );
  });

  it('is not judged on a kernel that does not tell', () =>
    expectCheck(checkReset(facts([nvidia({resetMethods: null})])), 'info', /5\.15/));
});

describe('BARs', () => {
  it('failure mode 27: that have a place are fine, above 4 GiB or below', () => {
    expectCheck(checkBars(facts([nvidia({bars: [bar()]})])), 'ok', /256 MiB; all below 4 GiB/);
    expectCheck(checkBars(facts([nvidia({bars: [bar({start: '0x4000000000'})]})])), 'ok', /Above 4G is in use/);
    expectCheck(
      checkBars(facts([nvidia({bars: [bar()], resizableBars: [{bar: 1, sizesMiB: [256, 8192]}]})])),
      'ok',
      /BAR1 of 256\/8192 MiB/,
    );
  });

  it('failure mode 27: without a place name the firmware setting', () => {
    expectCheck(
      checkBars(facts([nvidia({bars: [bar({isUnset: true})]})])),
      'warning',
      /no place for a BAR/,
      /Above 4G Decoding/,
    );
  });

  it('are unknown where nothing says them', () => expectCheck(checkBars(facts([nvidia()])), 'info', /are unknown/));
});

describe('virtual functions and mediated devices', () => {
  it('are reported only', () => {
    expectCheck(checkSharing(facts([nvidia()])), 'info', /No device offers/);
    expectCheck(
      checkSharing({
        ...facts([nvidia({sriov: sampleSriov({total: 16})})]),
        mediated: {...noMediated, parents: [sampleParent('0000:00:02.0', [sampleType('i915-GVTg_V5_4', 512, 1)])]},
      }),
      'info',
      /0000:01:00\.0 can make 16 virtual functions.*has 0 now.*0000:00:02\.0 offers slices \(mediated devices\): i915-GVTg_V5_4 \(512 MiB, 1 left\)/,
    );
  });
});

describe('virtual functions of a GPU', () => {
  const gpu = nvidia({sriov: sampleSriov({total: 16, enabled: 2, functions: ['0000:01:00.4', '0000:01:00.5']})});
  const made = (address: PciAddress, current: number, ...names: readonly string[]) =>
    samplePci(address, {
      class: '030200',
      physicalFunction: gpu.address,
      vgpu: {current, creatable: names.map((name, id) => ({id, name}))},
    });
  const all = facts([gpu, made('0000:01:00.4', 7), made('0000:01:00.5', 0, 'NVIDIA L40S-12Q')]);

  it('are no graphics cards', () => {
    expectCheck(checkDisplays(all), 'warning', /0000:01:00\.0.* is the only one/);
    expect(checkIsolation(all)).toHaveLength(1);
  });

  it('are described with the vGPU types that they can have', () => {
    expectCheck(checkSharing(all), 'info', /; 1 are vGPUs, and another one can be NVIDIA L40S-12Q\./);
    const full = facts([gpu, made('0000:01:00.4', 7)]);
    expectCheck(checkSharing(full), 'info', /can be of no type\./);
  });
});

describe('isolation', () => {
  it('is fine where a card shares its group with its own functions and bridges', () => {
    const [check] = checkIsolation(facts(samplePciFunctions));
    expectCheck(check, 'ok', /Group 17 with GP107.*: its own functions only/);
    const port = samplePci('0000:00:01.0', {class: '060400', isBridge: true, iommuGroup: 1});
    expectCheck(checkIsolation(facts([port, nvidia()]))[0], 'ok', /and bridges' only|and bridges only/);
  });

  it('names what else is in the group, and what may help', () => {
    expectCheck(
      checkIsolation(facts([nvidia(), {...disk, iommuGroup: 1, driver: 'nvme'}]))[0],
      'warning',
      /also holds 0000:02:00\.0 \(nvme\): all of it goes to one guest, or none/,
      /another slot/,
    );
  });

  it('has one line for each group with a card, and one word where there is none', () => {
    expectCheck(checkIsolation(facts([disk]))[0], 'info', /No group holds a display device/);
    const {iommu} = sampleFacts();
    expectCheck(
      checkIsolation(facts([nvidia()], {iommu: {...iommu, active: false, groups: []}}))[0],
      'info',
      /Not known/,
    );
  });
});
