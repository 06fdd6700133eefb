import type {HostFacts, PciFunction} from '../host/facts.ts';
import type {MemoryPlan, PinningPlan} from '../plan/plan.ts';
import {roleReader, type RoleOf} from './cpu-roles.ts';
import {guestShareOf, type GuestShare} from './guest-memory.ts';
import {devicesOfMap} from './map-devices.ts';
import {findSections, type Section} from './sections.ts';

export type TopologyInput = {
  readonly facts: HostFacts;
  /** `null`: nothing is pinned, every CPU is the host's. */
  readonly pinning: PinningPlan | null;
  readonly memory: MemoryPlan | null;
  /** What goes to the guest. */
  readonly deviceAddresses: readonly string[];
};

/** What a map shows, whatever it is drawn with. */
export type TopologyMap = {
  readonly facts: HostFacts;
  readonly onlineCount: number;
  readonly sections: readonly Section[];
  /** On no node that is known. */
  readonly homeless: readonly PciFunction[];
  readonly chosen: ReadonlySet<string>;
  readonly hasPinning: boolean;
  readonly roleOf: RoleOf;
  readonly shareOf: (section: Section) => GuestShare | null;
};

export const findTopology = ({facts, pinning, memory, deviceAddresses}: TopologyInput): TopologyMap => {
  const chosen = new Set(deviceAddresses);
  const devices = devicesOfMap(facts.pci, chosen);
  const sections = findSections(facts, devices);
  const placed = new Set(sections.flatMap((section) => section.devices));
  return {
    facts,
    onlineCount: facts.cpu.cpus.filter((one) => one.online).length,
    sections,
    homeless: devices.filter((device) => !placed.has(device)),
    chosen,
    hasPinning: pinning !== null,
    roleOf: roleReader(pinning),
    shareOf: ({node, totalKiB}) => (node === null && totalKiB === null ? null : guestShareOf(memory, node?.id ?? null)),
  };
};
