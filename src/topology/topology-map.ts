import type {HostFacts} from '../host/facts.ts';
import type {PinningPlan} from '../plan/plan.ts';
import {roleReader} from './cpu-roles.ts';
import type {Detail} from './map-cells.ts';
import {devicesOfMap, drawDevices} from './map-devices.ts';
import {segment, wrapWords, type MapLine} from './map-line.ts';
import {drawSections} from './map-sections.ts';
import {drawLegend, drawOffline, drawTitle} from './map-frame.ts';
import {findSections} from './sections.ts';

export type TopologyInput = {
  readonly facts: HostFacts;
  /** `null`: nothing is pinned, every CPU is the host's. */
  readonly pinning: PinningPlan | null;
  /** What goes to the guest. */
  readonly deviceAddresses: readonly string[];
  readonly columns: number;
};

/** Packages, nodes, L3 domains, cores and threads, lettered by role; no line is wider than `columns`. */
export const describeTopology = ({facts, pinning, deviceAddresses, columns: asked}: TopologyInput): readonly MapLine[] => {
  const columns = Math.max(20, asked);
  const detail = chooseDetail(facts);
  const chosen = new Set(deviceAddresses);
  const devices = devicesOfMap(facts.pci, chosen);
  const sections = findSections(facts, devices);
  const placed = new Set(sections.flatMap((section) => section.devices));
  const homeless = devices.filter((device) => !placed.has(device));
  return [
    ...drawTitle(facts, columns),
    ...drawSections(sections, {detail, roleOf: roleReader(pinning), chosen, columns}),
    ...drawOffline(facts, columns),
    ...(homeless.length === 0 ? [] : wrapWords([segment('On no known node', 'title')], [], columns, 2)),
    ...drawDevices(homeless, chosen, columns),
    ...drawLegend(detail, pinning !== null, deviceAddresses.length > 0, columns),
  ];
};

const chooseDetail = ({cpu, nodes}: HostFacts): Detail => {
  const online = cpu.cpus.filter((one) => one.online).length;
  if (online <= 32 && nodes.length <= 4) return 'numbered';
  return online <= 128 ? 'threads' : 'cores';
};
