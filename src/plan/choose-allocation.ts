import type {PlanContext} from './context.ts';
import {whyNoHooks} from './hook-support.ts';
import {hugepagesMount} from './hugepages-mount.ts';
import {placePages} from './place-pages.ts';
import type {MemoryPlan} from './plan.ts';
import {otherPageSizes, reservedPages} from './reserved-pages.ts';

type Hugepages = NonNullable<MemoryPlan['hugepages']>;

/** When and how the pages get to their nodes, and where libvirt finds them. */
export const chooseAllocation = (context: PlanContext, sizeKiB: number, perNode: Readonly<Record<string, number>>): Hugepages => {
  const pages = isAtStart(context) ? takeAtStart(context, sizeKiB, perNode) : setAsideAtBoot(context, sizeKiB, perNode);
  const mount = hugepagesMount(context.facts, pages, otherPageSizes(context, sizeKiB));
  if (mount === null) return pages;
  context.decide('memory.hugepages', `mounted at ${mount}`, 'libvirt looks for pages in mounts of hugetlbfs, and /dev/hugepages has those of the default size only');
  return {...pages, mount};
};

const isAtStart = (context: PlanContext): boolean => {
  if (context.profile.memory.allocation !== 'start') return false;
  const obstacle = whyNoHooks(context.facts);
  if (obstacle === null) return true;
  context.report('warning', 'memory-allocation-unavailable', {
    subject: 'memory.allocation',
    message: `Pages can't be taken when the guest starts: ${obstacle}. They are set aside at boot.`,
    remedy: 'Set memory.allocation: boot, or memory.hugepages: none.',
  });
  return false;
};

const setAsideAtBoot = (context: PlanContext, sizeKiB: number, perNode: Readonly<Record<string, number>>): Hugepages => {
  context.decide('memory.allocation', 'at boot', 'memory is in one piece then, so that all pages are found; they are lost to the host also while the guest is off');
  return placePages(context, sizeKiB, perNode, reservedPages(context, sizeKiB, perNode));
};

/** A host that has run for a while has its free memory in pieces; those of 1 GiB are hardly ever left. */
const takeAtStart = (context: PlanContext, sizeKiB: number, perNode: Readonly<Record<string, number>>): Hugepages => {
  context.decide('memory.allocation', 'when the guest starts', 'you chose it: the host has the memory while the guest is off');
  const short = Object.entries(perNode).filter(([node, count]) => count * sizeKiB > (context.facts.nodes.find(({id}) => id === Number(node))?.freeKiB ?? Infinity));
  const isGigabyte = sizeKiB >= 1048576;
  context.report(isGigabyte ? 'warning' : 'note', 'memory-allocation-start', {
    subject: 'memory.allocation',
    message: `Each start of the guest needs ${Object.entries(perNode).map(([node, count]) => `${count} free pages of ${isGigabyte ? '1 GiB' : '2 MiB'} on node ${node}`).join(', ')}, each in one piece; ${isGigabyte ? 'a host that has run for a while hardly ever has them' : 'a host that has run for a while may not have them'}.${short.length === 0 ? '' : ` Node ${short.map(([node]) => node).join(', ')} has less than that free now.`} If one is missing, the guest does not start and the pages go back.`,
    remedy: `Set memory.allocation: boot${isGigabyte ? ', or memory.hugepages: 2MiB,' : ''} if starts must not fail.`,
  });
  return {sizeKiB, perNode, method: 'hook', bootTotal: 0, release: {}};
};
