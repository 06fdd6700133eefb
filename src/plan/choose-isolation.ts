import {formatCpuList} from '../host/kernel-lists.ts';
import {isAtLeast} from '../host/versions.ts';
import type {PlanContext} from './context.ts';
import {coresOf} from './cores.ts';
import {whyNoHooks} from './hook-support.ts';
import type {IsolationPlan, PinningPlan} from './plan.ts';

type Cpus = Pick<IsolationPlan, 'cpus' | 'hostCpus'>;

/** How the host is kept off the cores of the vCPUs, and what that costs. */
export const chooseIsolation = (context: PlanContext, pinning: PinningPlan): IsolationPlan => {
  const cpus = divideCpus(context, pinning);
  const wanted = context.profile.cpu.isolation;
  if (cpus.cpus.length === 0 || cpus.hostCpus.length === 0) return leaveAlone(context, cpus, 'no vCPU is pinned, or no CPU would be left to the host');
  if (wanted === 'none') return leaveAlone(context, cpus, 'you chose it: other programs of the host may run on the CPUs of the guest, which shows as stutter when the host is busy');
  const obstacle = wanted === 'boot' ? whyNotAtBoot(context) : whyNoCgroup(context);
  if (obstacle === null) return wanted === 'boot' ? isolateAtBoot(context, cpus) : isolateByCgroup(context, cpus);
  if (wanted === 'auto') return leaveAlone(context, cpus, `${obstacle}; cpu.isolation: boot would do it, for good`);
  reportUnavailable(context, obstacle);
  return leaveAlone(context, cpus, obstacle);
};

const reportUnavailable = (context: PlanContext, obstacle: string): void =>
  context.report('warning', 'cpu-isolation-unavailable', {
    subject: 'cpu.isolation',
    message: `The CPUs of the guest can't be kept for it in this way: ${obstacle}. Other programs of the host may run there.`,
    remedy: 'Set cpu.isolation: auto to take another way where there is one, or none to accept it.',
  });

/** A thread beside a vCPU's shares its core, and goes with it. */
const divideCpus = ({facts}: PlanContext, pinning: PinningPlan): Cpus => {
  const pins = new Set(pinning.vcpus.flatMap(({cpus}) => cpus));
  const cores = coresOf(facts);
  const isTaken = ({threads}: {readonly threads: readonly number[]}): boolean => threads.some((thread) => pins.has(thread));
  const ascending = (list: readonly number[]): readonly number[] => [...list].sort((a, b) => a - b);
  return {
    cpus: ascending(cores.filter(isTaken).flatMap((core) => core.threads)),
    hostCpus: ascending(cores.filter((core) => !isTaken(core)).flatMap((core) => core.threads)),
  };
};

const leaveAlone = (context: PlanContext, {hostCpus}: Cpus, because: string): IsolationPlan => {
  context.decide('cpu.isolation', 'none', because);
  return {method: 'none', cpus: [], hostCpus};
};

const isolateByCgroup = (context: PlanContext, cpus: Cpus): IsolationPlan => {
  const {hasIrqbalance} = context.facts.isolation;
  context.decide(
    'cpu.isolation',
    'while the guest runs (cgroup)',
    `this host has cgroup v2 with cpuset, and libvirt runs a hook when the guest starts and ends: programs and interrupts leave ${formatCpuList(cpus.cpus)} for ${formatCpuList(cpus.hostCpus)}, and may come back after it${hasIrqbalance ? '; irqbalance rests meanwhile, as it would move the interrupts back' : ''}. Kernel threads stay`,
  );
  return {method: 'cgroup', ...cpus};
};

const isolateAtBoot = (context: PlanContext, cpus: Cpus): IsolationPlan => {
  const list = formatCpuList(cpus.cpus);
  context.report('note', 'cpu-isolation-boot', {
    subject: 'cpu.isolation',
    message: `CPUs ${list} are taken from the host at boot: nothing is scheduled there by itself any more, also while the guest is off, and the host runs on ${formatCpuList(cpus.hostCpus)}. The kernel balances no load on them, so each vCPU stays where it is pinned.`,
    remedy: 'Nothing to do if that is what you want; cpu.isolation: cgroup takes them only while the guest runs.',
  });
  context.decide('cpu.isolation', 'from boot on', `you chose it: ${list} are lost to the host, and only a reboot without these arguments gives them back`);
  return {method: 'boot', ...cpus};
};

/** AllowedCPUs= came with systemd 244 (systemd.resource-control(5)). */
const whyNoCgroup = ({facts}: PlanContext): string | null => {
  const {cgroupControllers, systemdVersion} = facts.isolation;
  if (cgroupControllers === null) return 'whether this host has cgroup v2 is not told';
  if (cgroupControllers.length === 0) return 'this host has cgroup v1, where AllowedCPUs= has no effect';
  if (!cgroupControllers.includes('cpuset')) return 'this kernel has no cpuset controller for cgroup v2';
  if (!isAtLeast(systemdVersion, '244')) return systemdVersion === null ? 'the version of systemd is not told' : `systemd ${systemdVersion} has no AllowedCPUs= (since 244)`;
  return whyNoHooks(facts);
};

const whyNotAtBoot = ({facts}: PlanContext): string | null =>
  facts.kernel.config !== null && facts.kernel.config['CPU_ISOLATION'] !== 'y' ? 'this kernel was built without CPU_ISOLATION, and isolcpus= does nothing' : null;
