import {unitNamePart} from '../../../devices/unit-name.ts';
import {coresOf} from '../../../facts/cores.ts';
import {formatCpuList} from '../../../facts/kernel-lists.ts';
import type {PlanContext} from '../../../plan/context.ts';
import type {PinningPlan, XenGuestPlan} from '../../../plan/plan.ts';
import {xenOf} from '../xen-facts.ts';

/** That Xen has after each boot, with all CPUs, and dom0 in it. */
const firstPool = 'Pool-0';

export const poolNameOf = (guest: string): string => `vfio-pilot-${unitNamePart(guest)}`;

/**
 * A pool for this guest alone: all threads of the cores that its vCPUs are pinned to, so that no other domain runs there.
 * `null`: it runs in the pool that it has.
 */
export const choosePool = (context: PlanContext, {vcpus}: PinningPlan): XenGuestPlan['pool'] => {
  const {pool} = context.profile.cpu;
  const pins = new Set(vcpus.flatMap(({cpus}) => cpus));
  if (pool === 'none' || pins.size === 0) return null;
  const cores = coresOf(context.facts);
  const cpus = cores
    .filter(({threads}) => threads.some((thread) => pins.has(thread)))
    .flatMap(({threads}) => threads)
    .sort((one, other) => one - other);
  const left = cores.flatMap(({threads}) => threads).filter((thread) => !cpus.includes(thread));
  judgeDom0(context, cpus, left);
  judgeOthers(context, cpus);
  const name = poolNameOf(context.profile.guest.name);
  context.decide(
    'cpu.pool',
    `CPU ${formatCpuList(cpus)} in the pool ${name}`,
    `you asked for it: dom0 and all other guests stay on CPU ${formatCpuList(left)}`,
  );
  return {name, cpus, scheduler: pool === 'own' ? null : pool};
};

const judgeDom0 = ({facts, report}: PlanContext, cpus: readonly number[], left: readonly number[]): void => {
  if (left.length === 0) {
    report('blocker', 'xen-own-pool', {
      subject: 'cpu.pool',
      message: 'With all CPUs in the pool of the guest none is left for dom0.',
      remedy: 'Lower cpu.vcpus, or set cpu.pool: none.',
    });
    return;
  }
  const words = (facts.boot.hypervisorNext ?? []).flatMap((line) => line.split(/\s+/));
  if (!words.some((word) => /^dom0_vcpus_pin(?:=|$)/.test(word))) return;
  // vCPU n of dom0 on CPU n (Xen: xen-command-line). `1-4` is a range of their number.
  const count = Number(/^dom0_max_vcpus=(?:\d*-)?(\d+)$/m.exec(words.join('\n'))?.[1] ?? Number.POSITIVE_INFINITY);
  const shared = cpus.filter((cpu) => cpu < count);
  if (shared.length > 0)
    report('blocker', 'xen-own-pool', {
      subject: 'cpu.pool',
      message: `dom0 is pinned to CPU ${formatCpuList(shared)} (dom0_vcpus_pin), which would go into the pool of the guest.`,
      remedy: `Set dom0_max_vcpus to ${Math.min(...cpus)} at most in the arguments of Xen, or take dom0_vcpus_pin out.`,
    });
};

const judgeOthers = (context: PlanContext, cpus: readonly number[]): void => {
  for (const {name, use} of context.others) {
    const shared = use.pinnedCpus.filter((cpu) => cpus.includes(cpu));
    if (shared.length > 0)
      context.report('blocker', 'xen-own-pool', {
        subject: 'cpu.pool',
        message: `The guest ${name} is pinned to CPU ${formatCpuList([...new Set(shared)].sort((one, other) => one - other))}, which would go into the pool of this guest, so it would not start.`,
        remedy: 'Pin it to other CPUs, set cpu.pins to CPUs of other cores, or set cpu.pool: none.',
      });
  }
  const own = poolNameOf(context.profile.guest.name);
  for (const {name, cpus: has} of xenOf(context.facts).pools ?? [])
    if (name !== firstPool && name !== own && has.some((cpu) => cpus.includes(cpu)))
      context.report('warning', 'xen-own-pool', {
        subject: 'cpu.pool',
        message: `CPU ${formatCpuList(has.filter((cpu) => cpus.includes(cpu)))} is in the pool ${name} now. If something makes that pool at each boot, the one of this guest can’t be made.`,
        remedy: 'Look for `xl cpupool-create` or `xl cpupool-numa-split` in what starts at boot, and take it out.',
      });
};
