import {formatCpuList} from '../../../facts/kernel-lists.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {XenPool} from '../../../facts/virtualisation.ts';
import type {PromiseResult} from '../../../findings/promise-result.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {PinningPlan} from '../../../plan/plan.ts';
import {xenOf, type XenPlan} from '../xen-facts.ts';

type Pool = {
  readonly name: string;
  /** CPUs of the guest that are not in it. */
  readonly lacking: readonly number[];
  /** There is none of this name now. */
  readonly isMissing: boolean;
  /** The pool that has them all; `null` where none does. */
  readonly holder: string | null;
};

/** The pool that a guest runs in as things are now; `null` where there is one pool, or nothing is known. */
const poolOf = (facts: HostFacts, guest: string, {vcpus}: PinningPlan): Pool | null => {
  const {pools, guests} = xenOf(facts);
  const named = guests.find(({name}) => name === guest)?.pool ?? null;
  if (pools === null || (named === null && pools.length < 2)) return null;
  const pins = vcpus.flatMap(({cpus}) => cpus);
  const own = named === null ? pools[0] : pools.find(({name}) => name === named);
  return {
    name: named ?? own?.name ?? 'Pool-0',
    lacking: own === undefined ? [] : pins.filter((cpu) => !own.cpus.includes(cpu)),
    isMissing: own === undefined,
    holder: pools.find(({cpus}) => pins.every((cpu) => cpus.includes(cpu)))?.name ?? null,
  };
};

/** Pools are gone after a reboot, unless something of the host makes them anew, so that this is no blocker. */
export const judgePool = (context: PlanContext, pinning: PinningPlan, path: string): void => {
  const pool = poolOf(context.facts, context.profile.guest.name, pinning);
  if (pool === null) return;
  const {name, lacking, isMissing, holder} = pool;
  if (isMissing)
    context.report('warning', 'xen-pool', {
      subject: 'guest.name',
      message: `${path} says pool = "${name}", and there is no such pool of CPUs now: the guest does not start without it.`,
      remedy: `Make it before the guest starts: \`xl cpupool-create\`. Xen forgets pools at each boot.`,
    });
  else if (lacking.length > 0)
    context.report('warning', 'xen-pool', {
      subject: 'cpu.pins',
      message: `The guest is in the pool of CPUs ${name}, and CPU ${formatCpuList(lacking)} is not in it.`,
      remedy: `${
        holder === null
          ? 'Set cpu.pins to CPUs of one pool.'
          : `If something makes the pool ${holder} at each boot, set pool = "${holder}" in ${path}.`
      } If nothing makes pools at boot, there is nothing to do: after the reboot all CPUs are in one.`,
    });
};

export const poolPromises = (facts: HostFacts, {guest, pinning}: XenPlan): readonly PromiseResult[] => {
  if (facts.virtualisation.kind !== 'xen') return [];
  if (guest.pool !== null) return [ownPoolPromise(facts.virtualisation.pools, guest.pool)];
  const pool = poolOf(facts, guest.name, pinning);
  if (pool === null) return [];
  const {name, lacking, isMissing, holder} = pool;
  const isKept = !isMissing && lacking.length === 0;
  return [
    {
      id: 'xen-pool',
      status: isKept ? 'kept' : 'broken',
      promise: `The pool of CPUs of ${guest.name} has the CPUs that its vCPUs are pinned to.`,
      fact: isMissing
        ? `There is no pool ${name}.`
        : isKept
          ? `They are in ${name} (\`xl cpupool-list -c\`).`
          : `CPU ${formatCpuList(lacking)} is not in ${name}.`,
      remedy: isKept
        ? null
        : isMissing
          ? 'Make it with `xl cpupool-create` before the guest starts.'
          : holder === null
            ? 'Plan again with cpu.pins of one pool.'
            : `Set pool = "${holder}" in ${guest.path}, and start the guest anew.`,
    },
  ];
};

/** A pool for this guest alone, which a unit makes at each boot. */
const ownPoolPromise = (
  pools: readonly XenPool[] | null,
  {name, cpus}: NonNullable<XenPlan['guest']['pool']>,
): PromiseResult => {
  const found = pools?.find((pool) => pool.name === name) ?? null;
  const isKept = found !== null && formatCpuList(found.cpus) === formatCpuList(cpus);
  return {
    id: 'xen-own-pool',
    status: pools === null ? 'unknown' : isKept ? 'kept' : 'broken',
    promise: `The pool of CPUs ${name} has CPU ${formatCpuList(cpus)}, and no other pool has them.`,
    fact:
      pools === null
        ? '`xl cpupool-list -c` gave no answer.'
        : found === null
          ? `There is no pool ${name}.`
          : `It has CPU ${formatCpuList(found.cpus)} (\`xl cpupool-list -c\`).`,
    remedy: pools === null || isKept ? null : `Its unit says why: journalctl -b -u 'vfio-pilot-pool-*'.`,
  };
};
