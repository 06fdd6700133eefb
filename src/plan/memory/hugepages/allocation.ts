import {kibPerGiB} from '../../../facts/memory.ts';
import type {PlanContext} from '../../context.ts';
import {hasMemory} from '../../other-guest.ts';
import type {HugepagePlan} from '../../plan.ts';
import {hugepagesMount} from './mount.ts';
import {addPages, hasNodeHugepages, type PerNode} from './node-pages.ts';
import {otherPageSizes, reservedPages} from './other-users.ts';

/** When and how the pages get to their nodes, and where libvirt finds them. */
export const chooseAllocation = (context: PlanContext, sizeKiB: number, perNode: PerNode): HugepagePlan => {
  if (context.can.takesPages) return leaveToStarter(context, sizeKiB, perNode);
  const pages = isAtStart(context) ? takeAtStart(context, sizeKiB, perNode) : setAsideAtBoot(context, sizeKiB, perNode);
  const mount = hugepagesMount(context.facts, pages, otherPageSizes(context, sizeKiB));
  if (mount === null) return pages;
  context.decide(
    'memory.hugepages',
    `mounted at ${mount}`,
    'libvirt looks for pages in mounts of hugetlbfs, and /dev/hugepages has those of the default size only',
  );
  return {...pages, mount};
};

const isAtStart = (context: PlanContext): boolean => {
  if (context.profile.memory.allocation !== 'start') return false;
  const obstacle = context.can.whyNoHooks;
  if (obstacle === null) return true;
  context.report('warning', 'memory-allocation-unavailable', {
    subject: 'memory.allocation',
    message: `Pages can't be taken when the guest starts: ${obstacle}. They are set aside at boot.`,
    remedy: 'Set memory.allocation: boot, or memory.hugepages: none.',
  });
  return false;
};

const setAsideAtBoot = (context: PlanContext, sizeKiB: number, perNode: PerNode): HugepagePlan => {
  context.decide(
    'memory.allocation',
    'at boot',
    'memory is in one piece then, so that all pages are found; they are lost to the host also while the guest is off',
  );
  return placePages(context, sizeKiB, perNode, reservedPages(context, sizeKiB, perNode));
};

/** How the kernel gets the pages to their nodes at boot. */
const placePages = (context: PlanContext, sizeKiB: number, perNode: PerNode, reserved: PerNode): HugepagePlan => {
  const {facts} = context;
  const withMemory = facts.nodes.filter(hasMemory);
  const all = addPages(perNode, reserved);
  const counts = Object.values(all);
  const pages = Math.max(...counts);
  const placed = {sizeKiB, perNode, mount: null, reserved: Object.keys(reserved).length === 0 ? null : reserved};
  if (withMemory.length <= 1 || hasNodeHugepages(facts)) return {...placed, method: 'argument'};
  const smallest = withMemory.find((one) => one.memoryKiB !== null && one.memoryKiB < pages * sizeKiB);
  context.report(smallest === undefined ? 'note' : 'warning', 'memory-release-unit', {
    subject: 'memory.hugepages',
    message:
      smallest === undefined
        ? `${facts.kernel.release === null ? 'The kernel release is unknown, so it is taken for one that' : `Kernel ${facts.kernel.release}`} can't place hugepages on one node at boot: ${pages} pages are allocated on each of ${withMemory.length} nodes, and a unit gives back the rest early in the boot.`
        : `Pages have to be allocated on every node before the rest is given back, but node ${smallest.id} is smaller than what is wanted: the kernel may then place them unevenly.`,
    remedy:
      smallest === undefined
        ? 'Nothing to do; `vfio-pilot verify` counts them after the reboot.'
        : 'Use a kernel from 5.16 on, which places hugepages on a node on its own.',
  });
  return {
    ...placed,
    method: 'release-unit',
    bootTotal: pages * withMemory.length,
    release: Object.fromEntries(withMemory.map((one) => [one.id, all[one.id] ?? 0])),
  };
};

const leaveToStarter = (context: PlanContext, sizeKiB: number, perNode: PerNode): HugepagePlan => {
  const {starter} = context.can;
  if (context.profile.memory.allocation === 'boot')
    context.report('warning', 'memory-allocation-unavailable', {
      subject: 'memory.allocation',
      message: `${starter} takes the pages itself when the guest starts, so none are set aside at boot.`,
      remedy: 'Set memory.allocation: auto.',
    });
  context.decide(
    'memory.allocation',
    'when the guest starts',
    `${starter} takes the pages then and gives them back after it`,
  );
  reportStart(context, sizeKiB, perNode, [
    ...(sizeKiB >= kibPerGiB ? ['memory.hugepages: 2MiB'] : []),
    'memory.hugepages: none',
  ]);
  return {sizeKiB, perNode, mount: null, method: 'hook'};
};

const takeAtStart = (context: PlanContext, sizeKiB: number, perNode: PerNode): HugepagePlan => {
  context.decide(
    'memory.allocation',
    'when the guest starts',
    'you chose it: the host has the memory while the guest is off',
  );
  reportStart(context, sizeKiB, perNode, [
    'memory.allocation: boot',
    ...(sizeKiB >= kibPerGiB ? ['memory.hugepages: 2MiB,'] : []),
  ]);
  return {sizeKiB, perNode, mount: null, method: 'hook'};
};

/** A host that has run for a while has its free memory in pieces; those of 1 GiB are hardly ever left. */
const reportStart = (context: PlanContext, sizeKiB: number, perNode: PerNode, waysOut: readonly string[]): void => {
  const short = Object.entries(perNode).filter(
    ([node, count]) => count * sizeKiB > (context.facts.nodes.find(({id}) => id === Number(node))?.freeKiB ?? Infinity),
  );
  const isGigabyte = sizeKiB >= kibPerGiB;
  context.report(isGigabyte ? 'warning' : 'note', 'memory-allocation-start', {
    subject: 'memory.allocation',
    message: `Each start of the guest needs ${Object.entries(perNode)
      .map(([node, count]) => `${count} free pages of ${isGigabyte ? '1 GiB' : '2 MiB'} on node ${node}`)
      .join(
        ', ',
      )}, each in one piece; ${isGigabyte ? 'a host that has run for a while hardly ever has them' : 'a host that has run for a while may not have them'}.${short.length === 0 ? '' : ` Node ${short.map(([node]) => node).join(', ')} has less than that free now.`} If one is missing, the guest does not start and the pages go back.`,
    remedy: `Set ${waysOut.join(', or ')} if starts must not fail.`,
  });
};
