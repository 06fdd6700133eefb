import type {PciFunction} from '../host/facts.ts';
import {slotOf} from '../host/pci-address.ts';
import type {GroupAnalysis} from './analyse-group.ts';

/**
 * Why the members of a group are together, a sentence for each bridge and each multi-function device, as far as config
 * space tells. Empty for a group of one. The kernel's grouping is the truth; this only explains it.
 */
export const explainSharing = (group: GroupAnalysis): readonly string[] => {
  if (group.members.length < 2) return [];
  return [...group.members.flatMap((one) => explainBridge(one, group.members)), ...explainSlots(group.members)];
};

const explainBridge = (bridge: PciFunction, members: readonly PciFunction[]): readonly string[] => {
  const hasMembersBehind = members.some((one) => one.upstream.includes(bridge.address));
  if (!bridge.isBridge || !hasMembersBehind) return [];
  const {acs} = bridge;
  const who = `${bridge.address} (${portName(bridge)})`;
  if (acs === null) return [`${who}: whether it has ACS is unknown; its config space was not readable (that needs root) or does not tell`];
  if (acs.port === 'PCI bridge') return [`${bridge.address} is a bridge to a conventional PCI bus, where no device can be told from another`];
  if (!acs.isPresent && !acs.isIsolating) return [`${who} has no ACS: what is behind it could reach its neighbours without the IOMMU seeing it`];
  return acs.isIsolating ? [] : [`${who} has ACS, but it is not switched on`];
};

const portName = (bridge: PciFunction): string => bridge.acs?.port ?? (bridge.upstream.length === 0 ? 'root port' : 'bridge');

const explainSlots = (members: readonly PciFunction[]): readonly string[] =>
  [...new Set(members.map((one) => slotOf(one.address)))]
    .map((slot) => members.filter((one) => slotOf(one.address) === slot))
    .filter((functions) => functions.length > 1 && !functions.some(isDisplay))
    .map((functions) => `${listFunctions(functions)} are functions of one device without ACS between them`);

/** Sound and USB of a graphics card belong to it: nobody asks why. */
const isDisplay = (one: PciFunction): boolean => one.class.startsWith('03');

/** `0000:00:1f.0, .2 and .3` */
const listFunctions = (functions: readonly PciFunction[]): string => {
  const words = functions.map(({address}, index) => (index === 0 ? address : address.slice(address.lastIndexOf('.'))));
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
};
