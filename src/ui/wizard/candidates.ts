import type {Candidate as Listed} from '../../devices/device-kind.ts';
import {addressesOf, deviceKinds} from '../../devices/device-kinds.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciFunction} from '../../facts/pci.ts';
import {placeOf} from '../../findings/codes.ts';
import type {Finding} from '../../findings/finding.ts';
import {describeClass} from '../../groups/class-names.ts';
import type {Profile, ProfileDevice} from '../../profile/profile.ts';
import type {WizardServices} from '../services.ts';
import {isLastScreen, isVitalFunction} from './consent-fields.ts';
import {nameOfFunction} from './name-of-function.ts';

/** The functions of one card (same slot), one function where they need not go together, or a part of a card. */
export type Candidate = Pick<Listed, 'identities' | 'functions' | 'part' | 'isDisplay'> & {
  /** The first of `identities`: a PCI address for a function. */
  readonly address: string;
};

/** Functions that tell what it is: its own, those of a part that is there, or those of the card that makes it. */
export const shownFunctions = ({functions, part}: Candidate): readonly PciFunction[] =>
  part === null ? functions : [part.present ?? part.of].filter((one) => one !== null);

export type Verdict = {
  readonly isUsable: boolean;
  /** Its blockers go away when the user accepts something on the step "Risks". */
  readonly isConditional: boolean;
  readonly findings: readonly Finding[];
};

/** Display cards first, each with its companions (sound, USB, UCSI); then everything else that could be given away. */
export const listCandidates = (
  facts: HostFacts,
): {readonly cards: readonly Candidate[]; readonly others: readonly Candidate[]} => {
  const all = deviceKinds
    .flatMap((kind) => kind.candidates(facts))
    .map(({identities, functions, part, isDisplay}): Candidate => {
      const [address = ''] = identities;
      return {address, identities, functions, part, isDisplay};
    });
  return {cards: all.filter(({isDisplay}) => isDisplay), others: all.filter(({isDisplay}) => !isDisplay)};
};

const liftable: readonly Finding['code'][] = [
  'interrupt-remapping-missing',
  'iommu-group-shared',
  'device-needed-by-host',
  'device-drives-console',
  'only-gpu',
];

/**
 * Defaults for these devices. The only card with a screen is lent while the guest runs where that can be done: the
 * host would never have a screen again if it went at boot.
 */
export const proposeFor = (services: WizardServices, addresses: readonly string[]): Profile => {
  const profile = services.proposeProfile(addresses);
  const {plan} = services.judge(profile);
  if (addresses.length === 0 || !isLastScreen({facts: services.facts, profile, plan})) return profile;
  return judgeLending(services, profile) === null ? {...profile, binding: 'handover'} : profile;
};

/** Why this host can't lend the devices of a profile to a running guest; `null` when it can. */
export const judgeLending = (services: WizardServices, profile: Profile): string | null =>
  services.judge({...profile, binding: 'handover'}).findings.find(({code}) => code === 'handover-impossible')
    ?.message ?? null;

/** Whether a finding is about the choice of the card, or about what has to be accepted for it. */
export const isAboutDevice = ({code}: Finding): boolean => ['device', 'risks'].includes(placeOf(code).step);

/** A group goes as a whole, and with it what the host can't start without. */
const hasVitalMate = ({pci, needs}: HostFacts, addresses: readonly string[]): boolean => {
  const groups = new Set(pci.filter(({address}) => addresses.includes(address)).map(({iommuGroup}) => iommuGroup));
  return pci.some(
    ({address, iommuGroup}) => iommuGroup !== null && groups.has(iommuGroup) && isVitalFunction(needs, address),
  );
};

export const judgeCandidate = (services: WizardServices, addresses: readonly string[]): Verdict => {
  const findings = services.judge(proposeFor(services, addresses)).findings.filter(isAboutDevice);
  const blockers = findings.filter((finding) => finding.severity === 'blocker');
  const isLiftable = (one: Finding): boolean =>
    liftable.includes(one.code) &&
    !isVitalFunction(services.facts.needs, one.subject) &&
    !(one.code === 'iommu-group-shared' && hasVitalMate(services.facts, addresses));
  return {isUsable: blockers.length === 0, isConditional: blockers.length > 0 && blockers.every(isLiftable), findings};
};

/** A card of the processor, which the host does best with; a discrete one comes before it. */
export const isIntegrated = ({functions}: Candidate, {findings}: Verdict): boolean =>
  findings.some(({code}) => code === 'integrated-gpu') || functions.every(({upstream}) => upstream.length === 0);

/** How a candidate is like the device of a profile that is not in this machine; the best likeness first. */
export type Likeness = 'id' | 'slot' | 'class';

export const likenessOf = (candidate: Candidate, missing: readonly ProfileDevice[]): Likeness | null => {
  const functions = shownFunctions(candidate);
  const ids = missing.flatMap((device) => (typeof device['id'] === 'string' ? [device['id']] : []));
  const addresses = missing.flatMap(addressesOf);
  if (functions.some(({vendor, device}) => ids.includes(`${vendor}:${device}`))) return 'id';
  if (functions.some(({address}) => addresses.some((one) => one.split('.')[0] === address.split('.')[0])))
    return 'slot';
  return candidate.isDisplay && missing.length > 0 ? 'class' : null;
};

/** Devices of a profile from another machine, or from before a card was moved. */
export const missingDevices = (facts: HostFacts, devices: readonly ProfileDevice[]): readonly ProfileDevice[] =>
  devices.filter((device) => !addressesOf(device).every((named) => facts.pci.some(({address}) => address === named)));

/** Everything that `/` looks in. */
export const searchText = (candidate: Candidate): string =>
  [
    candidate.address,
    candidate.part?.name ?? '',
    ...shownFunctions(candidate).map((one) =>
      [
        one.address,
        nameOfFunction(one),
        describeClass(one.class),
        `${one.vendor}:${one.device}`,
        one.driver ?? '',
        `group ${one.iommuGroup ?? ''}`,
      ].join(' '),
    ),
  ]
    .join(' ')
    .toLowerCase();
