import type {HostFacts} from '../facts/host-facts.ts';
import type {PciFunction} from '../facts/pci.ts';
import type {MemoryPlan, PinningPlan} from '../plan/plan.ts';
import {type RoleOf, roleReader} from './cpu-roles.ts';
import {type Chosen, devicesOfMap} from './map-devices.ts';
import {type GuestShare, guestShareOf} from './map-memory.ts';
import {findSections, type Section} from './sections.ts';

export type TopologyInput = {
  readonly facts: HostFacts;
  /** `null`: nothing is pinned, every CPU is the host's. */
  readonly pinning: PinningPlan | null;
  readonly memory: MemoryPlan | null;
  /** What goes to the guest whole. */
  readonly deviceAddresses: readonly string[];
  /** What the guest gets a part of. */
  readonly parentAddresses?: readonly string[];
  /** What the guest runs on before the rest, for a window that shows only the first rows. */
  readonly isGuestFirst?: boolean;
  /** Every core, where alike ones would be counted otherwise. */
  readonly isWhole?: boolean;
};

/** What a map shows, whatever it is drawn with. */
export type TopologyMap = {
  readonly facts: HostFacts;
  readonly onlineCount: number;
  readonly sections: readonly Section[];
  /** On no node that is known. */
  readonly homeless: readonly PciFunction[];
  readonly chosen: Chosen;
  readonly hasPinning: boolean;
  readonly isWhole: boolean;
  readonly roleOf: RoleOf;
  readonly shareOf: (section: Section) => GuestShare | null;
};

export const findTopology = ({
  facts,
  pinning,
  memory,
  deviceAddresses,
  parentAddresses = [],
  isGuestFirst = false,
  isWhole = false,
}: TopologyInput): TopologyMap => {
  const chosen: Chosen = new Map([
    ...parentAddresses.map((address) => [address, 'part'] as const),
    ...deviceAddresses.map((address) => [address, 'whole'] as const),
  ]);
  const devices = devicesOfMap(facts.pci, chosen);
  const roleOf = roleReader(pinning);
  const found = findSections(facts, devices);
  const hasGuest = ({domains}: Section): boolean =>
    domains.some(({cpus}) => cpus.some((cpu) => roleOf(cpu).role === 'vcpu'));
  const sections = isGuestFirst ? [...found.filter(hasGuest), ...found.filter((section) => !hasGuest(section))] : found;
  const placed = new Set(sections.flatMap((section) => section.devices));
  return {
    facts,
    onlineCount: facts.cpu.cpus.filter((one) => one.online).length,
    sections,
    homeless: devices.filter((device) => !placed.has(device)),
    chosen,
    hasPinning: pinning !== null,
    isWhole,
    roleOf,
    shareOf: ({node, totalKiB}) => (node === null && totalKiB === null ? null : guestShareOf(memory, node?.id ?? null)),
  };
};
