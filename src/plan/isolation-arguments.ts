import {formatCpuList, parseCpuList} from '../host/kernel-lists.ts';
import type {Part} from './choose-kernel-arguments.ts';
import type {PlanContext} from './context.ts';
import {coresOf} from './cores.ts';
import {lastingArguments} from './host-command-line.ts';
import type {IsolationPlan, KernelArgument} from './plan.ts';

const keys = ['isolcpus', 'nohz_full', 'rcu_nocbs', 'irqaffinity'] as const;
type Key = (typeof keys)[number];

/** Option that the kernel needs for the argument; without one it is always there (kernel-parameters.txt). */
const optionOf: Readonly<Partial<Record<Key, string>>> = {isolcpus: 'CPU_ISOLATION', nohz_full: 'NO_HZ_FULL', rcu_nocbs: 'RCU_NOCB_CPU'};

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
    argument(context, 'isolcpus', isolatedList(context, cpus), 'the scheduler places nothing there by itself, and interrupts that the kernel spreads keep away'),
    argument(context, 'nohz_full', tickless, 'no timer tick where a vCPU runs alone'),
    argument(context, 'rcu_nocbs', tickless, "the kernel's deferred work (RCU callbacks) runs elsewhere"),
    argument(context, 'irqaffinity', formatCpuList(hostCpus), 'new interrupts go to the CPUs of the host, those of the card to the ones on its node'),
  ].flat();
  for (const {text} of add) judgeReplaced(context, text);
  return {add, owned: keys};
};

/** Where the config can't be read, only what every kernel understands. */
const argument = ({facts}: PlanContext, key: Key, value: string, because: string): readonly KernelArgument[] => {
  const option = optionOf[key];
  const hasOption = option === undefined || (facts.kernel.config === null ? key === 'isolcpus' : facts.kernel.config[option] === 'y');
  return value !== '' && hasOption ? [{text: `${key}=${value}`, because: `${because}${option === undefined || facts.kernel.config === null ? '' : ` (CONFIG_${option})`}`}] : [];
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
  const isContained = (foreign: string): boolean => (key === 'irqaffinity' ? [...wanted].every((cpu) => cpusOf(foreign).includes(cpu)) : cpusOf(foreign).every((cpu) => wanted.has(cpu)));
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
    remedy: 'If an earlier profile with cpu.isolation: boot wrote it, roll that back first; otherwise nothing is to do.',
  });
};
