import type {HostFacts, NumaNode} from '../host/facts.ts';
import type {ChosenDevices} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {coresOf} from './cores.ts';

/** The node that the guest lives on, or `null` when the host has none (then all CPUs count as one). */
export const chooseNode = (context: PlanContext, chosen: ChosenDevices): number | null => {
  const {facts, profile} = context;
  const usable = facts.nodes.filter((node) => node.cpus.length > 0);
  if (profile.cpu.node !== 'auto') return chooseNamedNode(context, profile.cpu.node, usable.map((node) => node.id));
  const display = chosen.assigned.find((device) => device.function.class.startsWith('03')) ?? chosen.assigned[0];
  const ofDevice = display?.function.numaNode ?? null;
  if (usable.length === 0) return null;
  const only = usable.length === 1 ? usable[0] : undefined;
  if (only !== undefined) {
    context.decide('cpu.node', `node ${only.id}`, 'this machine has one NUMA node');
    return only.id;
  }
  if (ofDevice !== null && display !== undefined) {
    const node = usable.some((one) => one.id === ofDevice) ? ofDevice : nearestWithCpus(facts, ofDevice);
    context.decide('cpu.node', `node ${node}`, node === ofDevice
      ? `${display.function.address} is on node ${ofDevice} (numa_node)`
      : `${display.function.address} is on node ${ofDevice}, which has no CPUs; node ${node} is nearest`);
    return node;
  }
  const roomiest = roomiestOf(facts, usable);
  if (roomiest === undefined) return null;
  context.report('note', 'cpu-node-unknown', {
    subject: 'cpu.node',
    message: `The firmware does not say which node ${display?.function.address ?? 'the device'} is on (numa_node is -1); node ${roomiest.id} was taken for its cores and memory.`,
    remedy: 'If the board manual says which socket feeds the slot, set cpu.node.',
  });
  context.decide('cpu.node', `node ${roomiest.id}`, 'the node of the device is not told, and this one has the most cores and memory');
  return roomiest.id;
};

/** Where nothing tells the device's node: the node with the most cores and memory. */
export const roomiestNode = (facts: HostFacts): number | null =>
  roomiestOf(facts, facts.nodes.filter((node) => node.cpus.length > 0))?.id ?? null;

/** The first of those with the most cores and nearly the most memory: the kernel's own share makes equal nodes differ a little. */
const roomiestOf = (facts: HostFacts, nodes: readonly NumaNode[]): NumaNode | undefined => {
  const cores = Math.max(...nodes.map((node) => coreCount(facts, node.id)));
  const largest = nodes.filter((node) => coreCount(facts, node.id) === cores);
  const memoryKiB = Math.max(...largest.map((node) => node.memoryKiB ?? 0));
  return [...largest].sort((a, b) => a.id - b.id).find((node) => (node.memoryKiB ?? 0) >= memoryKiB * 0.9);
};

const coreCount = (facts: HostFacts, node: number): number => coresOf(facts).filter((core) => core.node === node).length;

const chooseNamedNode = (context: PlanContext, node: number, usable: readonly number[]): number | null => {
  if (usable.includes(node)) {
    context.decide('cpu.node', `node ${node}`, 'you chose it');
    return node;
  }
  context.report('blocker', 'cpu-node-unknown', {
    subject: 'cpu.node',
    message: `This machine has no node ${node} with CPUs; it has ${usable.length === 0 ? 'none at all' : usable.join(', ')}.`,
    remedy: 'Set cpu.node to one of these, or to auto.',
  });
  return usable[0] ?? null;
};

/** Distances go by position in the row, not by node id. */
export const nearestNodes = (facts: HostFacts, from: number): readonly number[] => {
  const row = facts.nodes.find((node) => node.id === from)?.distances ?? null;
  return facts.nodes
    .map((node, index) => ({id: node.id, distance: node.id === from ? 0 : (row?.[index] ?? 20)}))
    .sort((a, b) => a.distance - b.distance || a.id - b.id)
    .map((node) => node.id);
};

const nearestWithCpus = (facts: HostFacts, from: number): number =>
  nearestNodes(facts, from).find((id) => (facts.nodes.find((node) => node.id === id)?.cpus.length ?? 0) > 0) ?? from;
