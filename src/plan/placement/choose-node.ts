import {coresOf, groupCores} from '../../facts/cores.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {NumaNode} from '../../facts/memory.ts';
import type {PlanContext} from '../context.ts';
import type {ChosenDevices} from '../device/chosen-devices.ts';

/**
 * Where the guest is to live: `home` is the best node for it as far as the device goes, `origin` the node that distances
 * are counted from. Both `null` on a machine without nodes, whose CPUs then count as one.
 */
export type Home = {readonly home: number | null; readonly origin: number | null};

export const chooseNode = (context: PlanContext, chosen: ChosenDevices): Home => {
  const {facts, profile} = context;
  const usable = usableNodes(facts);
  if (profile.cpu.node !== 'auto') return stay(chooseNamedNode(context, profile.cpu.node));
  const display = chosen.assigned.find((device) => device.isDisplay) ?? chosen.assigned[0];
  const ofDevice = display?.numaNode ?? null;
  const [only] = usable;
  if (only === undefined) return stay(null);
  if (
    usable.length === 1 &&
    (ofDevice === null || ofDevice === only.id || !facts.nodes.some((node) => node.id === ofDevice))
  ) {
    context.decide(
      'cpu.node',
      `node ${only.id}`,
      facts.nodes.length === 1
        ? 'this machine has one NUMA node'
        : 'this machine has one NUMA node with CPUs and memory',
    );
    return stay(only.id);
  }
  if (ofDevice !== null && display !== undefined) {
    const home = nearestNodes(facts, ofDevice).find((id) => usable.some((node) => node.id === id)) ?? only.id;
    context.decide(
      'cpu.node',
      `node ${home}`,
      home === ofDevice
        ? `${display.name} is on node ${ofDevice} (numa_node)`
        : `${display.name} is on node ${ofDevice}, which has no ${hasCpus(facts, ofDevice) ? 'memory' : 'CPUs'}; node ${home} is the nearest with CPUs and memory`,
    );
    return {home, origin: ofDevice};
  }
  const roomiest = roomiestOf(facts, usable);
  if (roomiest === undefined) return stay(null);
  if (display === undefined) {
    context.decide(
      'cpu.node',
      `node ${roomiest.id}`,
      'the guest takes no device of the host, and this node has the most cores and memory',
    );
    return stay(roomiest.id);
  }
  context.report('note', 'cpu-node-unknown', {
    subject: 'cpu.node',
    message: `The firmware does not say which node ${display.name} is on (numa_node is -1); node ${roomiest.id} was taken for its cores and memory.`,
    remedy: 'If the board manual says which socket feeds the slot, set cpu.node.',
  });
  context.decide(
    'cpu.node',
    `node ${roomiest.id}`,
    'the node of the device is unknown, and this one has the most cores and memory',
  );
  return stay(roomiest.id);
};

const stay = (node: number | null): Home => ({home: node, origin: node});

/** Nodes with CPUs and memory; with CPUs alone, where no node has both. Unknown memory counts as memory. */
export const usableNodes = (facts: HostFacts): readonly NumaNode[] => {
  const withCpus = facts.nodes.filter((node) => node.cpus.length > 0);
  const withBoth = withCpus.filter((node) => node.memoryKiB !== 0);
  return withBoth.length > 0 ? withBoth : withCpus;
};

const hasCpus = (facts: HostFacts, id: number): boolean =>
  (facts.nodes.find((node) => node.id === id)?.cpus.length ?? 0) > 0;

/** Where nothing tells the device's node: the node with the most cores and memory. */
export const roomiestNode = (facts: HostFacts): number | null => roomiestOf(facts, usableNodes(facts))?.id ?? null;

/** The first of those with the most cores and nearly the most memory: the kernel's own share makes equal nodes differ a little. */
const roomiestOf = (facts: HostFacts, nodes: readonly NumaNode[]): NumaNode | undefined => {
  const byNode = groupCores(coresOf(facts), (core) => core.node);
  const coreCount = (node: NumaNode): number => byNode.get(node.id)?.length ?? 0;
  const cores = Math.max(...nodes.map(coreCount));
  const largest = nodes.filter((node) => coreCount(node) === cores);
  const memoryKiB = Math.max(...largest.map((node) => node.memoryKiB ?? 0));
  return [...largest].sort((a, b) => a.id - b.id).find((node) => (node.memoryKiB ?? 0) >= memoryKiB * 0.9);
};

const chooseNamedNode = (context: PlanContext, node: number): number | null => {
  const withCpus = context.facts.nodes.filter((one) => one.cpus.length > 0).map((one) => one.id);
  if (withCpus.includes(node)) {
    context.decide('cpu.node', `node ${node}`, 'you chose it');
    return node;
  }
  context.report('blocker', 'cpu-node-unknown', {
    subject: 'cpu.node',
    message: `This machine has no node ${node} with CPUs; it has ${withCpus.length === 0 ? 'none at all' : withCpus.join(', ')}.`,
    remedy: 'Set cpu.node to one of these, or to auto.',
  });
  return withCpus[0] ?? null;
};

/** Distances go by position in the row, not by node id. */
export const distanceBetween = (facts: HostFacts, from: number, to: number): number => {
  const row = facts.nodes.find((node) => node.id === from)?.distances ?? null;
  return row?.[facts.nodes.findIndex((node) => node.id === to)] ?? (from === to ? 10 : 20);
};

/** The node itself first. */
export const nearestNodes = (facts: HostFacts, from: number): readonly number[] =>
  facts.nodes
    .map(({id}) => ({id, distance: id === from ? 0 : distanceBetween(facts, from, id)}))
    .sort((a, b) => a.distance - b.distance || a.id - b.id)
    .map((node) => node.id);
