import type {HostFacts} from '../facts/host-facts.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import {addPages} from '../plan/memory/hugepages/node-pages.ts';
import type {Plan} from '../plan/plan.ts';

/** A short allocation is no error to the kernel: only the counters tell. */
export const verifyHugepages = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const pages = plan.memory.hugepages;
  if (pages === null) return [];
  const mount = pages.mount === null ? [] : [verifyMount(facts, pages.mount)];
  // Those that a hook takes are there only while the guest runs.
  if (pages.method === 'hook') return mount;
  const wanted = {
    ...addPages(pages.perNode, pages.reserved ?? {}),
    ...(pages.method === 'release-unit' ? pages.release : {}),
  };
  const counts = Object.entries(wanted).map(([id, count]): PromiseResult => {
    const pool = facts.nodes
      .find((node) => node.id === Number(id))
      ?.hugepages.find((one) => one.sizeKiB === pages.sizeKiB);
    const isKept = pool === undefined ? null : count === 0 ? pool.total === 0 : pool.total >= count;
    return {
      id: 'hugepages',
      status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
      promise:
        count === 0
          ? `Node ${id} has no pages of ${pages.sizeKiB / 1024} MiB left.`
          : `Node ${id} has ${count} pages of ${pages.sizeKiB / 1024} MiB.`,
      fact:
        pool === undefined
          ? 'The node or the page size is not there.'
          : `It has ${pool.total}, of which ${pool.free} are free.`,
      remedy:
        isKept === false
          ? count === 0
            ? 'Look at `systemctl status vfio-pilot-hugepages.service`.'
            : 'Too little contiguous memory at boot: lower the number, or add memory to this node.'
          : null,
    };
  });
  return [...mount, ...counts];
};

const verifyMount = ({memory}: HostFacts, path: string): PromiseResult => {
  const isKept = memory.hugetlbfsMounts.some((mount) => mount.path === path);
  return {
    id: 'hugepages-mount',
    status: isKept ? 'kept' : 'broken',
    promise: `Huge pages are mounted at ${path}.`,
    fact: isKept ? 'They are.' : 'Nothing is mounted there.',
    remedy: isKept
      ? null
      : 'Look at `systemctl status` of the mount, then restart libvirt, which looks for it when it starts.',
  };
};
