import type {HostFacts} from '../host/facts.ts';
import {checkArguments} from './argument-checks.ts';
import type {Check} from './check.ts';
import {checkBars, checkDisplays, checkIntegrated, checkPrimaryDisplay, checkReset, checkSharing} from './display-checks.ts';
import {checkInterruptRemapping, checkIommuActive, checkIommuFirmware, checkReservedRegions} from './iommu-checks.ts';
import {checkIsolation} from './isolation-checks.ts';
import {checkHugepages, checkKvm, checkNuma, checkVirtualisation} from './processor-checks.ts';
import {checkBootChain, checkFirmwareImages, checkLibvirt, checkSecureBoot, checkVfioModule} from './software-checks.ts';

/** All checks in the order in which a person would mend things: firmware first, then kernel, then software. */
export const runChecks = (facts: HostFacts): readonly Check[] => [
  checkVirtualisation(facts),
  checkIommuFirmware(facts),
  checkIommuActive(facts),
  checkInterruptRemapping(facts),
  checkReservedRegions(facts),
  ...checkIsolation(facts),
  checkDisplays(facts),
  checkPrimaryDisplay(facts),
  checkIntegrated(facts),
  checkReset(facts),
  checkBars(facts),
  checkSharing(facts),
  checkSecureBoot(facts),
  checkBootChain(facts),
  checkArguments(facts),
  checkVfioModule(facts),
  checkKvm(facts),
  checkLibvirt(facts),
  checkFirmwareImages(facts),
  checkHugepages(facts),
  checkNuma(facts),
];
