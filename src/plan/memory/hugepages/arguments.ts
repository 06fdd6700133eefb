import {kibPerGiB} from '../../../facts/memory.ts';
import {configuredArguments, lastingArguments} from '../../arguments/host-command-line.ts';
import type {Part} from '../../arguments/part.ts';
import type {PlanContext} from '../../context.ts';
import type {HugepagePlan, KernelArgument, MemoryPlan} from '../../plan.ts';
import {defaultPageKiB} from './mount.ts';
import {addPages, type PerNode} from './node-pages.ts';
import {describeUsers, otherPageSizes, reservedPages} from './other-users.ts';
import {listWords} from '../../../words/list-words.ts';

const sizeWord = (sizeKiB: number): string => (sizeKiB >= kibPerGiB ? `${sizeKiB / kibPerGiB}G` : `${sizeKiB / 1024}M`);

/** `hugepagesz=` selects the size for the `hugepages=` behind it (kernel: admin-guide/mm/hugetlbpage.rst). */
export const hugepageArguments = (context: PlanContext, memory: MemoryPlan): Part => {
  const pages = memory.hugepages;
  if (pages === null) return {};
  if (pages.method === 'hook') {
    noteReserved(context);
    return {};
  }
  const pairs = [ownPair(context, pages), ...otherPairs(context, pages)].sort((a, b) => a.sizeKiB - b.sizeKiB);
  judgeReplaced(
    context,
    pages,
    pairs.map(({value}) => value),
  );
  const defaultKiB = defaultPageKiB(context.facts, pages, otherPageSizes(context, pages.sizeKiB));
  const add: readonly KernelArgument[] = [
    ...(defaultKiB >= kibPerGiB
      ? [
          {
            text: `default_hugepagesz=${sizeWord(defaultKiB)}`,
            because: '/dev/hugepages is mounted with the default size only, and libvirt looks there',
          },
        ]
      : []),
    ...pairs.flatMap(({sizeKiB, value, because}) => [
      {text: `hugepagesz=${sizeWord(sizeKiB)}`, because: 'the page size of the next argument'},
      {text: `hugepages=${value}`, because},
    ]),
  ];
  return {add, owned: ['default_hugepagesz', 'hugepagesz', 'hugepages']};
};

type BootPages = Exclude<HugepagePlan, {readonly method: 'hook'}>;

type Pair = {readonly sizeKiB: number; readonly value: string; readonly because: string};

const ownPair = (context: PlanContext, pages: BootPages): Pair => {
  const others =
    pages.reserved === null
      ? ''
      : `, and ${describePages(pages.reserved, sizeWord(pages.sizeKiB))} for ${describeUsers(context, pages.sizeKiB)}`;
  const because = `${describePages(pages.perNode, sizeWord(pages.sizeKiB))}${others}`;
  return pages.method === 'release-unit'
    ? {
        sizeKiB: pages.sizeKiB,
        value: String(pages.bootTotal),
        because: `${because}; this kernel can't place pages on a node, so it allocates on all and the unit gives the rest back`,
      }
    : {sizeKiB: pages.sizeKiB, value: countsOf(context, addPages(pages.perNode, pages.reserved ?? {})), because};
};

/** Pairs of other sizes are on the same line: without them here they would be taken for stale. */
const otherPairs = (context: PlanContext, pages: BootPages): readonly Pair[] =>
  otherPageSizes(context, pages.sizeKiB).flatMap((sizeKiB) => {
    const perNode = reservedPages(context, sizeKiB, {});
    if (Object.keys(perNode).length === 0) return [];
    if (pages.method === 'argument')
      return [
        {
          sizeKiB,
          value: countsOf(context, perNode),
          because: `${describePages(perNode, sizeWord(sizeKiB))} for ${describeUsers(context, sizeKiB)}`,
        },
      ];
    context.report('warning', 'kernel-argument-conflict', {
      subject: 'memory.hugepages',
      message: `Pages of ${sizeWord(sizeKiB)} are set aside for ${describeUsers(context, sizeKiB)}, and this kernel can't place two sizes on nodes: they would be lost.`,
      remedy: `Set memory.hugepages: ${sizeKiB >= kibPerGiB ? '1GiB' : '2MiB'}, the same as there.`,
    });
    return [];
  });

const countsOf = ({facts}: PlanContext, perNode: PerNode): string => {
  const isSingleNode = facts.nodes.filter((node) => node.memoryKiB !== 0).length <= 1;
  const counts = Object.entries(perNode);
  return isSingleNode
    ? String(counts.reduce((sum, [, count]) => sum + count, 0))
    : counts.map(([node, count]) => `${node}:${count}`).join(',');
};

/** What other guests are known to need is kept, so that only pages of nobody that is known are a conflict. */
const judgeReplaced = (context: PlanContext, pages: BootPages, values: readonly string[]): void => {
  const reserved = reservedPages(context, pages.sizeKiB, {});
  const known = new Set([
    ...values,
    countsOf(context, reserved),
    countsOf(context, pages.perNode),
    ...knownTotals(pages, reserved),
  ]);
  const foreign = configuredArguments(context.facts, 'hugepages').filter((value) => !known.has(value));
  if (foreign.length === 0) return;
  context.report('warning', 'kernel-argument-conflict', {
    subject: 'memory.hugepages',
    message: `hugepages=${foreign.join(', ')} is configured already and is replaced by hugepages=${listWords(values)}.`,
    remedy:
      'If something else than the guests that libvirt knows uses those pages, raise the number by hand after applying, or keep them for it and set memory.hugepages: none.',
  });
};

/** On kernels that allocate on all nodes alike, a guest alone has its largest share on each of them. */
const knownTotals = (pages: BootPages, reserved: PerNode): readonly string[] =>
  pages.method === 'release-unit'
    ? [String(Math.max(0, ...Object.values(reserved)) * Object.keys(pages.release).length)]
    : [];

const noteReserved = (context: PlanContext): void => {
  const foreign = lastingArguments(context.facts, 'hugepages');
  if (foreign.length === 0) return;
  context.report('note', 'kernel-argument-conflict', {
    subject: 'memory.allocation',
    message: `hugepages=${foreign.join(', ')} is configured already and stays: those pages are set aside at boot, next to the ones that the guest takes when it starts.`,
    remedy:
      'If an earlier profile with memory.allocation: boot wrote it, roll that back first; otherwise nothing is to do.',
  });
};

const describePages = (perNode: PerNode, size: string): string =>
  Object.entries(perNode)
    .filter(([, count]) => count > 0)
    .map(([node, count]) => `${count} pages of ${size} on node ${node}`)
    .join(', ');
