import type {HostFacts} from '../../facts/host-facts.ts';
import {parsePciAddress, slotOf} from '../../facts/pci-address.ts';
import {isDisplay, isGraphicsCard, type PciFunction} from '../../facts/pci.ts';
import {isChipsetPart} from '../../facts/processor-parts.ts';
import {isListedVirtual} from '../../facts/sriov.ts';
import type {PlanContext} from '../../plan/context.ts';
import {assignedFunctions, type ChosenDevice, type DriverOf} from '../../plan/device/chosen-devices.ts';
import {idOf} from '../../plan/device/describe-function.ts';
import type {BindBy, PlannedDevice} from '../../plan/plan.ts';
import type {Candidate, DeviceKind, Named} from '../device-kind.ts';
import {matchFunction} from '../match-function.ts';
import {companionsOf, isPlugged, ownReset, partsOf, slotMates} from './companions.ts';
import {functionFormat, isProfileFunction, type ProfileFunction} from './function-format.ts';
import type {ChosenFunction} from './chosen-function.ts';
import {judgeFunction} from './judge-function.ts';
import {otherHandFiles} from '../other-hands.ts';
import {functionPromises} from './promises.ts';

const chosenFunction = (own: ChosenFunction): ChosenDevice => ({
  kind: 'function',
  path: own.path,
  name: own.function.address,
  functions: [own.function],
  hostdevs: [own.function.address],
  isDisplay: isDisplay(own.function),
  numaNode: own.function.numaNode,
  judge: (context, all, taken) => judgeFunction(context, own, assignedFunctions({assigned: all}), taken),
  plan: (_context, by, drivers) => planFunction(own, by, drivers),
});

const planFunction = ({function: device, rom}: ChosenFunction, by: BindBy, drivers: DriverOf): PlannedDevice => ({
  kind: 'function',
  address: device.address,
  id: idOf(device),
  name: device.name,
  class: device.class,
  iommuGroup: device.iommuGroup,
  numaNode: device.numaNode,
  bindBy: by,
  driver: drivers(device),
  assigned: {type: 'pci', address: device.address, rom},
});

/** Chipset slots (00:1f.x) are no card. What may stay is said too, with the reason. */
const withWholeCards = (context: PlanContext, named: readonly ChosenDevice[]): readonly ChosenDevice[] => {
  const added: ChosenDevice[] = [];
  const isChosen = (one: PciFunction): boolean => assignedFunctions({assigned: [...named, ...added]}).includes(one);
  for (const device of named.filter(({kind}) => kind === 'function')) {
    for (const own of device.functions.filter(isOfCard)) {
      for (const companion of companionsOf(context.facts, own)) {
        if (isChosen(companion)) continue;
        added.push(chosenFunction({function: companion, rom: null, path: device.path}));
        context.decide('devices', companion.address, whyAlong(own, companion));
      }
    }
  }
  const slots = new Set<string>();
  for (const own of named.flatMap(({kind, functions}) => (kind === 'function' ? functions.filter(isOfCard) : []))) {
    const staying = slotMates(context.facts, own).filter((mate) => !isChosen(mate));
    if (staying.length === 0 || slots.size === slots.add(slotOf(own.address)).size) continue;
    context.decide('devices', `${staying.map(({address}) => address).join(', ')}: with the host`, whyStaying(own));
  }
  return added;
};

const whyAlong = (own: PciFunction, companion: PciFunction): string =>
  `it is a function of the same card as ${own.address}, ${whyTogether(own, companion)}`;

const whyTogether = (own: PciFunction, companion: PciFunction): string => {
  if (own.iommuGroup === null || companion.iommuGroup === null) return 'and no IOMMU group keeps the two apart';
  if (own.iommuGroup === companion.iommuGroup) return `and both are in IOMMU group ${own.iommuGroup}`;
  return own.resetMethods === null
    ? 'and this kernel does not say that one can be reset without the other'
    : 'which has no reset of its own: the functions of such a card are reset and assigned together';
};

const whyStaying = (own: PciFunction): string => {
  const reset = ownReset(own);
  return `not in IOMMU group ${own.iommuGroup} with ${own.address}, ${
    reset === null
      ? 'and on the internal bus of the processor, which is no card'
      : `which can be reset alone (${reset})`
  }`;
};

const isOfCard = (device: PciFunction): boolean =>
  device.upstream.length > 0 || (isDisplay(device) && isPlugged(device));

/** Display cards first, each with its companions (sound, USB, UCSI); then every other function that could be given away. */
const listCandidates = (facts: HostFacts): readonly Candidate[] => {
  const cards: (readonly PciFunction[])[] = [];
  for (const device of facts.pci.filter(isGraphicsCard)) {
    if (cards.some((card) => card.includes(device))) continue;
    cards.push([device, ...(isPlugged(device) ? wholeCard(facts, device) : [])]);
  }
  const listed = new Set(facts.pci.flatMap(({sriov}) => sriov?.functions ?? []));
  const others = facts.pci.filter(
    (device) =>
      !cards.some((card) => card.includes(device)) &&
      !device.isBridge &&
      !isChipsetPart(device) &&
      !listed.has(device.address),
  );
  return [...cards, ...others.map((device) => [device])].map((functions, index) => ({
    kind: 'function',
    identities: functions.map(({address}) => address),
    functions,
    part: null,
    isDisplay: index < cards.length,
  }));
};

const wholeCard = (facts: HostFacts, device: PciFunction): readonly PciFunction[] => [
  ...new Set([...companionsOf(facts, device), ...partsOf(facts, device)]),
];

const propose = (facts: HostFacts, addresses: readonly string[]): readonly ProfileFunction[] => {
  const chosen = facts.pci.filter((device) => addresses.includes(device.address));
  const companions = new Set(chosen.filter(isPlugged).flatMap((device) => wholeCard(facts, device)));
  return facts.pci
    .filter((device) => !device.isBridge && (chosen.includes(device) || companions.has(device)))
    .map((device) => ({
      kind: 'function',
      address: device.address,
      id: idOf(device),
      subsystem: device.subsystem,
      upstream: device.upstream.length === 0 ? null : device.upstream,
      rom: null,
    }));
};

const understandFunction = ({pci}: HostFacts, words: string): Named | null => {
  const address = parsePciAddress(words);
  if (address === null) return null;
  const device = pci.find((one) => one.address === address);
  if (device === undefined)
    return {
      ok: false,
      problem: `No device is at ${address} on this host.`,
      remedy: '`vfio-pilot groups` lists the devices.',
    };
  if (device.isBridge)
    return {
      ok: false,
      problem: `${address} is a bridge, which stays with the host.`,
      remedy: 'Name the card behind it; `vfio-pilot groups` lists the devices.',
    };
  // Its own kind has it.
  return isListedVirtual(pci, address) ? null : {ok: true, identity: address};
};

/** A whole PCI function: a card, or a part of one that the host can do without. */
export const functionKind: DeviceKind = {
  ...functionFormat,
  match: (context, device, path) => {
    if (!isProfileFunction(device)) return null;
    const found = matchFunction(context, device, path);
    return found === null ? null : chosenFunction({function: found, rom: device.rom, path: `${path}.address`});
  },
  complete: withWholeCards,
  files: otherHandFiles,
  understand: understandFunction,
  prepare: () => ({artifacts: [], findings: []}),
  promises: functionPromises,
  candidates: listCandidates,
  propose,
  whyInUse: () => null,
  probes: {},
};
