import {slotOf} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../context.ts';
import {nodeOfDevice} from './judge-pins.ts';
import type {MemoryPlan, PinningPlan} from '../plan.ts';
import {usableNodes} from './choose-node.ts';
import {listWords} from '../../words/list-words.ts';

/**
 * Whoever chose it: a card on a node that the guest has no vCPU or no memory on reaches them across the interconnect.
 * A node without CPUs and memory of its own can't hold the guest, so nothing is said of cards there.
 */
export const judgeCardNodes = (context: PlanContext, pinning: PinningPlan, memory: MemoryPlan): void => {
  if (pinning.vcpus.length === 0) return;
  const {hostNodes} = pinning;
  const known = new Set(usableNodes(context.facts).map(({id}) => id));
  const told = context.profile.cpu.pins === 'auto' ? null : nodeOfDevice(context);
  const isFar = ({numaNode}: PciFunction): boolean =>
    numaNode !== null && numaNode !== told && known.has(numaNode) && !hasAll(numaNode);
  const hasAll = (node: number): boolean =>
    hostNodes.includes(node) && (memory.nodes.length === 0 || memory.nodes.includes(node));
  const cards = cardsOf(context.named);
  const far = cards.filter(isFar);
  if (far.length === 0) return;
  context.report('warning', 'card-off-node', {
    subject: 'cpu.node',
    message: `${describeCards(far)}, while ${describeGuest(hostNodes, memory.nodes)}: what ${far.length === 1 ? 'this card transfers' : 'these cards transfer'} crosses the interconnect.`,
    remedy: remedyFor(context, new Set(cards.map(({numaNode}) => numaNode))),
  });
};

const remedyFor = ({profile: {cpu, memory}}: PlanContext, nodes: ReadonlySet<number | null>): string => {
  const [node] = nodes;
  if (nodes.size > 1)
    return 'Give the guest cards of one node only (`vfio-pilot facts` shows them), or accept the slower transfers.';
  const chosen = [...(cpu.node === 'auto' ? [] : ['cpu.node']), ...(memory.node === 'auto' ? [] : ['memory.node'])];
  return chosen.length > 0
    ? `Set ${listWords(chosen)} to auto.`
    : `Lower cpu.vcpus or memory.size until the guest fits on node ${node}, or move the card to another slot.`;
};

/** One function for each card: the others of its slot are on the same node. */
const cardsOf = (functions: readonly PciFunction[]): readonly PciFunction[] => [
  ...new Map([...functions].reverse().map((one) => [slotOf(one.address), one])).values(),
];

const describeCards = (cards: readonly PciFunction[]): string =>
  [...new Set(cards.map(({numaNode}) => numaNode))]
    .sort((a, b) => (a ?? 0) - (b ?? 0))
    .map((node) => {
      const here = cards
        .filter(({numaNode}) => numaNode === node)
        .map(({address}) => address)
        .sort();
      return `${here.join(', ')} ${here.length === 1 ? 'is' : 'are'} on node ${node}`;
    })
    .join(', and ');

const describeGuest = (vcpus: readonly number[], memory: readonly number[]): string =>
  vcpus.join() === memory.join() || memory.length === 0
    ? `vCPUs and memory are on node ${vcpus.join(', ')}`
    : `vCPUs are on node ${vcpus.join(', ')} and memory on node ${memory.join(', ')}`;
