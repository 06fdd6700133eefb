import {coresOf} from '../../facts/cores.ts';
import {formatCpuList, parseCpuList} from '../../facts/kernel-lists.ts';
import {isAtLeast} from '../../facts/versions.ts';
import type {Part} from '../arguments/part.ts';
import {lastingArguments} from '../arguments/host-command-line.ts';
import type {PlanContext} from '../context.ts';
import type {IsolationPlan, KernelArgument, PinningPlan} from '../plan.ts';

const keys = ['isolcpus', 'nohz_full', 'rcu_nocbs', 'irqaffinity'] as const;
type Key = (typeof keys)[number];

/** Option that the kernel needs for the argument; without one it is always there (kernel-parameters.txt). */
const optionOf: Readonly<Partial<Record<Key, string>>> = {
  isolcpus: 'CPU_ISOLATION',
  nohz_full: 'NO_HZ_FULL',
  rcu_nocbs: 'RCU_NOCB_CPU',
};

export const isolationArguments = (context: PlanContext, isolation: IsolationPlan): Part => {
  if (isolation.method !== 'boot') {
    noteForeign(context);
    return {};
  }
  const others = isolatedForOthers(context);
  const cpus = [...new Set([...isolation.cpus, ...others])].sort((a, b) => a - b);
  const hostCpus = isolation.hostCpus.filter((cpu) => !others.has(cpu));
  // The CPU that the kernel boots on can't do without its tick.
  const tickless = formatCpuList(cpus.filter((cpu) => cpu !== 0));
  const add = [
    argument(
      context,
      'isolcpus',
      isolatedList(context, cpus),
      'the scheduler places nothing there on its own, and interrupts that the kernel spreads keep away',
    ),
    argument(context, 'nohz_full', tickless, 'no timer tick where a vCPU runs alone'),
    argument(context, 'rcu_nocbs', tickless, "the kernel's deferred work (RCU callbacks) runs elsewhere"),
    argument(
      context,
      'irqaffinity',
      formatCpuList(hostCpus),
      'new interrupts go to the CPUs of the host, those of the card to the ones on its node',
    ),
  ].flat();
  for (const {text} of add) judgeReplaced(context, text);
  return {add, owned: keys};
};

/** Where the config can't be read, only what every kernel understands. */
const argument = ({facts}: PlanContext, key: Key, value: string, because: string): readonly KernelArgument[] => {
  const option = optionOf[key];
  const hasOption =
    option === undefined || (facts.kernel.config === null ? key === 'isolcpus' : facts.kernel.config[option] === 'y');
  return value !== '' && hasOption
    ? [
        {
          text: `${key}=${value}`,
          because: `${because}${option === undefined || facts.kernel.config === null ? '' : ` (CONFIG_${option})`}`,
        },
      ]
    : [];
};

/** `managed_irq` came with Linux 5.6; an older kernel drops the whole argument at a word that it does not know. */
const isolatedList = ({facts}: PlanContext, cpus: readonly number[]): string => {
  const {version} = facts.kernel;
  const hasManaged = version !== null && (version.major > 5 || (version.major === 5 && version.minor >= 6));
  return `${hasManaged ? 'domain,managed_irq,' : ''}${formatCpuList(cpus)}`;
};

/** What an earlier profile isolated for a guest that is still there stays isolated. */
const isolatedForOthers = (context: PlanContext): ReadonlySet<number> => {
  const isolated = new Set(lastingArguments(context.facts, 'isolcpus').flatMap(cpusOf));
  const pinned = new Set(context.others.flatMap(({use}) => use.pinnedCpus));
  const cores = coresOf(context.facts).filter(({threads}) => threads.some((thread) => pinned.has(thread)));
  return new Set(cores.flatMap(({threads}) => threads).filter((cpu) => isolated.has(cpu)));
};

/** Behind the flags of isolcpus=, if there are any. */
const cpusOf = (value: string): readonly number[] => parseCpuList(value.replace(/^(?:[a-z_]+,)*/, '')) ?? [];

/** An argument that has less than ours is one of an earlier profile, whose guest keeps what it had. */
const judgeReplaced = (context: PlanContext, text: string): void => {
  const [key = '', value = ''] = text.split('=');
  const wanted = new Set(cpusOf(value));
  const isContained = (foreign: string): boolean =>
    key === 'irqaffinity'
      ? [...wanted].every((cpu) => cpusOf(foreign).includes(cpu))
      : cpusOf(foreign).every((cpu) => wanted.has(cpu));
  const foreign = lastingArguments(context.facts, key).filter((one) => !isContained(one));
  if (foreign.length === 0) return;
  context.report('warning', 'kernel-argument-conflict', {
    subject: 'cpu.isolation',
    message: `${key}=${foreign.join(', ')} is configured already and is replaced by ${text}.`,
    remedy: 'If something else needs those CPUs kept free, add them by hand after applying.',
  });
};

const noteForeign = (context: PlanContext): void => {
  const found = keys.flatMap((key) => lastingArguments(context.facts, key).map((value) => `${key}=${value}`));
  if (found.length === 0) return;
  context.report('note', 'kernel-argument-conflict', {
    subject: 'cpu.isolation',
    message: `${found.join(' ')} is configured already and stays: those CPUs are kept from the host also while no guest runs.`,
    remedy:
      'If an earlier profile with cpu.isolation: boot wrote it, roll that back first; otherwise nothing is to do.',
  });
};

type Cpus = Pick<IsolationPlan, 'cpus' | 'hostCpus'>;

/** How the host is kept off the cores of the vCPUs, and what that costs. */
export const chooseIsolation = (context: PlanContext, pinning: PinningPlan): IsolationPlan => {
  const cpus = divideCpus(context, pinning);
  const wanted = context.profile.cpu.isolation;
  if (cpus.cpus.length === 0 || cpus.hostCpus.length === 0)
    return leaveAlone(context, cpus, 'no vCPU is pinned, or no CPU would be left to the host');
  if (wanted === 'none')
    return leaveAlone(
      context,
      cpus,
      'you chose it: other programs of the host may run on the CPUs of the guest, which shows as stutter when the host is busy',
    );
  if (context.can.whyNoIsolation !== null) {
    if (wanted === 'cgroup') reportUnavailable(context, context.can.whyNoIsolation);
    return leaveAlone(context, cpus, context.can.whyNoIsolation);
  }
  const obstacle = wanted === 'boot' ? whyNotAtBoot(context) : whyNoCgroup(context);
  if (obstacle === null) return wanted === 'boot' ? isolateAtBoot(context, cpus) : isolateByCgroup(context, cpus);
  if (wanted === 'auto') return leaveAlone(context, cpus, `${obstacle}; cpu.isolation: boot would do it, permanently`);
  reportUnavailable(context, obstacle);
  return leaveAlone(context, cpus, obstacle);
};

const reportUnavailable = (context: PlanContext, obstacle: string): void =>
  context.report('warning', 'cpu-isolation-unavailable', {
    subject: 'cpu.isolation',
    message: `The CPUs of the guest can't be kept for it in this way: ${obstacle}. Other programs of the host may run there.`,
    remedy: 'Set cpu.isolation: auto to take another way where there is one, or cpu.isolation: none to accept it.',
  });

/** A thread next to a vCPU's shares its core, and goes with it. */
const divideCpus = ({facts}: PlanContext, pinning: PinningPlan): Cpus => {
  const pins = new Set(pinning.vcpus.flatMap(({cpus}) => cpus));
  const cores = coresOf(facts);
  const isTaken = ({threads}: {readonly threads: readonly number[]}): boolean =>
    threads.some((thread) => pins.has(thread));
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
    message: `CPUs ${list} are taken from the host at boot: nothing is scheduled there on its own any more, also while the guest is off, and the host runs on ${formatCpuList(cpus.hostCpus)}. The kernel balances no load on them, so each vCPU stays where it is pinned.`,
    remedy: 'Nothing to do if that is what you want; cpu.isolation: cgroup takes them only while the guest runs.',
  });
  context.decide(
    'cpu.isolation',
    'from boot on',
    `you chose it: ${list} are lost to the host, and only a reboot without these arguments gives them back`,
  );
  return {method: 'boot', ...cpus};
};

/** AllowedCPUs= came with systemd 244 (systemd.resource-control(5)). */
const whyNoCgroup = ({facts, can}: PlanContext): string | null => {
  const {cgroupControllers, systemdVersion} = facts.isolation;
  if (cgroupControllers === null) return 'whether this host has cgroup v2 is unknown';
  if (cgroupControllers.length === 0) return 'this host has cgroup v1, where AllowedCPUs= has no effect';
  if (!cgroupControllers.includes('cpuset')) return 'this kernel has no cpuset controller for cgroup v2';
  if (!isAtLeast(systemdVersion, '244'))
    return systemdVersion === null
      ? 'the version of systemd is unknown'
      : `systemd ${systemdVersion} has no AllowedCPUs= (since 244)`;
  return can.whyNoHooks;
};

const whyNotAtBoot = ({facts}: PlanContext): string | null =>
  facts.kernel.config !== null && facts.kernel.config['CPU_ISOLATION'] !== 'y'
    ? 'this kernel was built without CPU_ISOLATION, and isolcpus= does nothing'
    : null;
