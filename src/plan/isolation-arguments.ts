import {formatCpuList} from '../host/kernel-lists.ts';
import type {Part} from './choose-kernel-arguments.ts';
import type {PlanContext} from './context.ts';
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
  const {cpus, hostCpus} = isolation;
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

const judgeReplaced = (context: PlanContext, text: string): void => {
  const key = text.slice(0, text.indexOf('='));
  const foreign = lastingArguments(context.facts, key).filter((value) => `${key}=${value}` !== text);
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
