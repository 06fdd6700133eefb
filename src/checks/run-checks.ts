import type {HostFacts} from '../facts/host-facts.ts';
import {checkArguments} from './argument-checks.ts';
import type {Check} from '../findings/check.ts';
import {
  checkBars,
  checkDisplays,
  checkIntegrated,
  checkPrimaryDisplay,
  checkReset,
  checkSharing,
} from './display-checks.ts';
import {checkInterruptRemapping, checkIommuActive, checkIommuFirmware, checkReservedRegions} from './iommu-checks.ts';
import {checkIsolation} from './isolation-checks.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import {checkArchitecture, checkHugepages, checkNuma, checkVirtualisation} from './processor-checks.ts';
import {checkSigning} from './signing-check.ts';
import {checkBootChain, checkSecureBoot} from './software-checks.ts';

/** All checks in the order in which a person would mend things: firmware first, then kernel, then software. */
export const runChecks = (facts: HostFacts): readonly Check[] => {
  const unserved = checkArchitecture(facts);
  if (unserved === null) return checksOfServed(facts);
  return [unserved, ...checksOfDevices(facts).map((check): Check => ({...check, status: 'info', remedy: null}))];
};

/** What is true of devices on any architecture. The firmware, arguments and packages of the other checks are those of x86-64. */
const checksOfDevices = (facts: HostFacts): readonly Check[] => [
  ...(facts.iommu.active ? [checkIommuActive(facts), ...checkIsolation(facts)] : []),
  checkDisplays(facts),
  checkPrimaryDisplay(facts),
  checkReset(facts),
  checkBars(facts),
  checkSharing(facts),
  checkNuma(facts),
];

const checksOfServed = (facts: HostFacts): readonly Check[] => [
  checkVirtualisation(facts),
  checkIommuFirmware(facts),
  checkIommuActive(facts),
  checkInterruptRemapping(facts),
  checkReservedRegions(facts),
  ...(hypervisorOf(facts).can(facts).groups ? checkIsolation(facts) : []),
  checkDisplays(facts),
  checkPrimaryDisplay(facts),
  checkIntegrated(facts),
  checkReset(facts),
  checkBars(facts),
  checkSharing(facts),
  checkSecureBoot(facts),
  ...checkSigning(facts),
  checkBootChain(facts),
  checkArguments(facts),
  ...hypervisorOf(facts).binding.checks(facts),
  ...hypervisorOf(facts).checks(facts),
  ...(hypervisorOf(facts).can(facts).hugepages ? [checkHugepages(facts)] : []),
  checkNuma(facts),
];
