import {describe, it} from 'vitest';
import {
  checkInterruptRemapping,
  checkIommuActive,
  checkIommuFirmware,
  checkReservedRegions,
} from '../../src/checks/iommu-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {DmarTable, IommuFacts} from '../../src/facts/iommu.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {expectCheck} from './expect-check.ts';

const {cpu, kernel, iommu} = sampleFacts();
const facts = (changed: Partial<IommuFacts>, overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(defaultShape, {iommu: {...iommu, ...changed}, ...overrides});
const amd = {cpu: {...cpu, vendor: 'AuthenticAMD'}};
const xen = {kernel: {...kernel, hypervisor: 'xen'}};
const dmar: DmarTable = {
  kind: 'dmar',
  hostAddressWidth: 39,
  interruptRemapping: true,
  x2apicOptOut: false,
  dmaOptIn: false,
  units: [{segment: 0, base: '0xfed90000', includesAll: true}],
  regions: [],
};
const off = {active: false, groups: [], units: []};

describe('VT-d and AMD-Vi in the firmware', () => {
  it('failure mode 45: are read from the tables', () => {
    expectCheck(checkIommuFirmware(facts({dmar})), 'ok', /DMAR, remapping units: 1/);
    expectCheck(checkIommuFirmware(facts({})), 'ok', /readable by root only/);
    expectCheck(checkIommuFirmware(facts({acpiTable: 'IVRS'})), 'ok', /IVRS/);
    expectCheck(checkIommuFirmware(facts({acpiTable: 'none'})), 'ok', /groups exist/);
  });

  it('that are off name the setting of the vendor', () => {
    expectCheck(
      checkIommuFirmware(facts({...off, acpiTable: 'none'})),
      'error',
      /VT-d is off in the firmware: no DMAR table/,
      /VT-d.*Advanced/,
    );
    expectCheck(
      checkIommuFirmware(facts({...off, acpiTable: 'none'}, amd)),
      'error',
      /AMD-Vi is off in the firmware: no IVRS table/,
      /IOMMU.*NBIO/,
    );
  });

  it('are not judged under Xen or without ACPI', () => {
    expectCheck(checkIommuFirmware(facts({...off, acpiTable: 'none'}, xen)), 'info', /Xen/, /xl info/);
    expectCheck(checkIommuFirmware(facts({...off, acpiTable: null})), 'info', /not known/);
  });
});

describe('the IOMMU', () => {
  it('is fine with groups', () => expectCheck(checkIommuActive(facts({})), 'ok', /3 groups.*dmar0/));

  it('that the kernel does not use names the argument to add or to remove', () => {
    expectCheck(checkIommuActive(facts(off)), 'error', /does not use it/, /Add intel_iommu=on/);
    expectCheck(
      checkIommuActive(facts({...off, acpiTable: 'IVRS'}, amd)),
      'error',
      /AMD-Vi/,
      /kernel log.*amd_iommu=on does not exist/,
    );
    expectCheck(checkIommuActive(facts({...off, acpiTable: 'none'})), 'error', /Not active/, /firmware first/);
    expectCheck(checkIommuActive(facts({...off, acpiTable: 'none'}, xen)), 'info', /hypervisor owns/);
  });
});

describe('interrupt remapping', () => {
  it('that is on is fine, and the x2APIC opt-out is no fault', () => {
    expectCheck(checkInterruptRemapping(facts({})), 'ok', /^On\.$/);
    expectCheck(checkInterruptRemapping(facts({dmar: {...dmar, x2apicOptOut: true}})), 'ok', /opts out of x2APIC/);
  });

  it('that is missing tells the risk of allowing unsafe interrupts', () => {
    expectCheck(
      checkInterruptRemapping(facts({interruptRemapping: false})),
      'warning',
      /\/proc\/interrupts.*hostile guest/s,
      /only if you trust every guest/,
    );
    expectCheck(
      checkInterruptRemapping(facts({interruptRemapping: false, dmar: {...dmar, interruptRemapping: false}})),
      'warning',
      /DMAR table says/,
    );
  });

  it('is not judged where it cannot be told', () =>
    expectCheck(checkInterruptRemapping(facts({interruptRemapping: null})), 'info', /without root/));
});

describe('firmware memory regions', () => {
  const direct = (id: number) =>
    facts({
      groups: iommu.groups.map((group) =>
        group.id === id ? {...group, reservedRegions: [{start: '0x0', end: '0x1', type: 'direct'}]} : group,
      ),
    });

  it('on the card stop it, elsewhere they are only told', () => {
    expectCheck(checkReservedRegions(facts({})), 'ok', /None/);
    expectCheck(checkReservedRegions(direct(17)), 'warning', /0000:06:00\.0 must stay mapped/, /firmware setting/);
    expectCheck(checkReservedRegions(direct(5)), 'ok', /refuse 0000:00:07\.0/);
  });

  it('that the kernel relaxes do not stop anything', () => {
    const relaxed = iommu.groups.map((group) => ({
      ...group,
      reservedRegions: [{start: '0x0', end: '0x1', type: 'direct-relaxable'}],
    }));
    expectCheck(checkReservedRegions(facts({groups: relaxed})), 'ok', /None/);
  });

  it('are unknown before the IOMMU is active', () =>
    expectCheck(checkReservedRegions(facts(off)), 'info', /Not known/));
});
