import type {Finding} from '../../findings.ts';
import type {HostFacts, PciAddress, PciFunction} from '../../host/facts.ts';
import {slotOf} from '../../host/pci-address.ts';
import type {WizardServices} from '../services.ts';
import {isVital} from './consent-fields.ts';
import {stepOfFinding} from './step-of-finding.ts';

/** The functions of one card (same slot), or one function where they need not go together. */
export type Candidate = {
  readonly address: PciAddress;
  readonly functions: readonly PciFunction[];
  readonly isDisplay: boolean;
};

export type Verdict = {
  readonly isUsable: boolean;
  /** Blockers that a word of the user can lift, on the step "risks". */
  readonly isConditional: boolean;
  readonly findings: readonly Finding[];
};

const isDisplay = (device: PciFunction): boolean => device.class.startsWith('03');

/** Functions of bus 0 are parts of the chipset, not of one card. */
const isPlugged = (device: PciFunction): boolean => device.upstream.length > 0 || !/:00:[0-9a-f]{2}\.[0-9a-f]$/.test(device.address);

const candidateOf = (facts: HostFacts, device: PciFunction): Candidate => {
  const mates = facts.pci.filter((other) => isPlugged(device) && slotOf(other.address) === slotOf(device.address) && !other.isBridge && other !== device);
  return {address: device.address, functions: [device, ...mates], isDisplay: isDisplay(device)};
};

/** Display cards first, each with its companions (sound, USB, UCSI); then every other function that could be given away. */
export const listCandidates = (facts: HostFacts): {readonly cards: readonly Candidate[]; readonly others: readonly Candidate[]} => {
  const cards: Candidate[] = [];
  for (const device of facts.pci.filter((one) => isDisplay(one) && one.physicalFunction === null)) {
    if (!cards.some((card) => card.functions.includes(device))) cards.push(candidateOf(facts, device));
  }
  const inCards = new Set(cards.flatMap((card) => card.functions));
  const others = facts.pci
    .filter((device) => !inCards.has(device) && !device.isBridge && !device.class.startsWith('06'))
    .map((device): Candidate => ({address: device.address, functions: [device], isDisplay: false}));
  return {cards, others};
};

const liftable: readonly Finding['code'][] = ['interrupt-remapping-missing', 'iommu-group-shared', 'device-needed-by-host', 'device-drives-console', 'only-gpu'];

export const judgeCandidate = (services: WizardServices, addresses: readonly PciAddress[]): Verdict => {
  const findings = services.judge(services.proposeProfile(addresses)).findings.filter((finding) => stepOfFinding(finding) === 'device');
  const blockers = findings.filter((finding) => finding.severity === 'blocker');
  const isLiftable = (one: Finding): boolean => liftable.includes(one.code) && !isVital(services.facts.needs, one.subject);
  return {isUsable: blockers.length === 0, isConditional: blockers.length > 0 && blockers.every(isLiftable), findings};
};
