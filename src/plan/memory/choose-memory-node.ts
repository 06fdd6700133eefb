import type {PlanContext} from '../context.ts';
import {nearestNodes} from '../placement/choose-node.ts';
import {hasMemory} from '../other-guest.ts';

/** The node of a guest that is not spread: where its vCPUs are, unless the user or a lack of memory says otherwise. */
export const chooseMemoryNode = (context: PlanContext, cpuNode: number | null): number | null => {
  const {facts, profile} = context;
  const wanted = profile.memory.node === 'auto' || context.can.memoryFollowsPins ? cpuNode : profile.memory.node;
  const others = facts.nodes.filter(hasMemory).map((one) => one.id);
  if (facts.nodes.length > 0 && others.length === 0) {
    context.report('blocker', 'memory-node-unknown', {
      subject: 'memory.node',
      message: 'No NUMA node of this machine has memory of its own, as far as the kernel tells.',
      remedy:
        'Look at /sys/devices/system/node/node*/meminfo: memory has to be on some node before a guest can have it.',
    });
    return null;
  }
  if (wanted === null) return others[0] ?? null;
  const node = facts.nodes.find((one) => one.id === wanted);
  if (node !== undefined && hasMemory(node) && context.can.memoryFollowsPins) {
    context.decide(
      'memory.node',
      `node ${wanted}`,
      `${context.can.starter} takes it where the vCPUs are pinned, as long as there is enough`,
    );
    return wanted;
  }
  if (node !== undefined && hasMemory(node)) {
    context.decide(
      'memory.node',
      `node ${wanted}, strictly`,
      profile.memory.node === 'auto'
        ? facts.nodes.length === 1
          ? 'this machine has one NUMA node'
          : 'the vCPUs are there; strict placement refuses to start rather than fetch memory across the interconnect'
        : 'you chose it',
    );
    return wanted;
  }
  const nearest = profile.memory.node === 'auto' ? nearestMemory(context, wanted) : undefined;
  if (nearest !== undefined) {
    context.decide(
      'memory.node',
      `node ${nearest}, strictly`,
      `node ${wanted}, where the vCPUs are, has no memory of its own, and node ${nearest} is the nearest that has`,
    );
    return nearest;
  }
  context.report('blocker', 'memory-node-unknown', {
    subject: 'memory.node',
    message:
      node === undefined ? `This machine has no NUMA node ${wanted}.` : `Node ${wanted} has no memory of its own.`,
    remedy: `Set memory.node to one of ${others.join(', ')}.`,
  });
  return others[0] ?? null;
};

/** A node without CPUs may be slow memory (PMEM) or a card's own: such a one only where there is no other. */
const nearestMemory = ({facts}: PlanContext, from: number): number | undefined => {
  const able = nearestNodes(facts, from).flatMap(
    (id) => facts.nodes.find((node) => node.id === id && hasMemory(node)) ?? [],
  );
  return (able.find((node) => node.cpus.length > 0) ?? able[0])?.id;
};
