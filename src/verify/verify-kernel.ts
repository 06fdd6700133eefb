import {trialArgument, trialMinutes} from '../boot/trial/trial-units.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {formatCpuList} from '../facts/kernel-lists.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import {holdsArgument, keyOf} from '../formats/kernel-line/tokens.ts';
import type {Plan} from '../plan/plan.ts';

/** An argument can be on the command line and mean nothing: the kernel passes what it does not know on to init, and goes on. */
export const verifyKernelLog = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  if (plan.kernelArguments.add.length === 0) return [];
  const {log} = facts.kernel;
  const keys = plan.kernelArguments.add.map(({text}) => keyOf(text));
  const unknown =
    log?.unknownArguments.filter((token) => keys.includes(keyOf(token))).map((token) => `it does not know ${token}`) ??
    [];
  const options = [...plan.binding.moduleOptions, ...plan.binding.builtInOptions].map(
    ({parameter}) => `'${parameter}'`,
  );
  const complaints = log?.complaints.filter((line) => isAbout(line, keys, options)) ?? [];
  const found = [...unknown, ...complaints];
  return [
    {
      id: 'kernel-log',
      status: log === null ? 'unknown' : found.length === 0 ? 'kept' : 'broken',
      promise: 'The kernel understood the arguments and options that were added.',
      fact:
        log === null
          ? 'Its log can not be read here.'
          : found.length === 0
            ? 'Its log says nothing against them.'
            : `Its log says: ${found.join('; ')}.`,
      remedy:
        found.length === 0
          ? null
          : 'This kernel lacks what the planned one had: plan again with `vfio-pilot plan` while it runs.',
    },
  ];
};

const isAbout = (line: string, keys: readonly string[], options: readonly string[]): boolean => {
  if (line.includes('HugeTLB')) return keys.some((key) => key.includes('hugepages'));
  if (line.includes('unknown parameter')) return options.some((option) => line.includes(option));
  return keys.includes('intel_iommu');
};

/** What the kernel made of isolcpus=; a hook does its work only while the guest runs, and its file is verified as one. */
export const verifyIsolation = (facts: HostFacts, {isolation}: Plan): readonly PromiseResult[] => {
  if (isolation.method !== 'boot') return [];
  const {isolatedCpus} = facts.isolation;
  const isKept = isolatedCpus === null ? null : isolation.cpus.every((cpu) => isolatedCpus.includes(cpu));
  return [
    {
      id: 'isolation',
      status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
      promise: `CPUs ${formatCpuList(isolation.cpus)} are taken from the host's scheduler.`,
      fact:
        isolatedCpus === null
          ? '/sys/devices/system/cpu/isolated is not readable.'
          : `The kernel isolates ${isolatedCpus.length === 0 ? 'none' : formatCpuList(isolatedCpus)}.`,
      remedy:
        isKept === false
          ? 'See whether isolcpus= is in /proc/cmdline, and whether the kernel log complains about it.'
          : null,
    },
  ];
};

/** Whether the running system was started by this trial's entry. */
export const isTrialBoot = ({boot}: HostFacts, token: string): boolean =>
  holdsArgument(boot.commandLine ?? '', `${trialArgument}=${token}`);

export const verifyTrial = (facts: HostFacts, token: string): PromiseResult => {
  const isRunning = isTrialBoot(facts, token);
  return {
    id: 'trial-boot',
    status: isRunning ? 'kept' : 'broken',
    promise: 'This boot is the trial.',
    fact: isRunning
      ? `It ends ${trialMinutes} minutes after its start, unless you run \`vfio-pilot confirm\`.`
      : 'It is not: the trial did not come up, or nobody confirmed it in time, and the known-good boot is back.',
    remedy: isRunning ? null : '`vfio-pilot rollback` takes the trial away; look for its end with `journalctl -b -1`.',
  };
};

/** The running command line is the only proof that the right boot loader was configured. */
export const verifyArguments = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const line = facts.boot.commandLine;
  const wanted = plan.kernelArguments.add.map((argument) => ({text: argument.text, isWanted: true}));
  const gone = plan.kernelArguments.remove.map((argument) => ({text: argument.text, isWanted: false}));
  return [...wanted, ...gone].map(({text, isWanted}) => {
    const isThere = line === null ? null : holdsArgument(line, text);
    const isKept = isThere === null ? null : isThere === isWanted;
    return {
      id: 'kernel-argument',
      status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
      promise: isWanted ? `The kernel was started with ${text}.` : `The kernel was started without ${text}.`,
      fact:
        isThere === null
          ? '/proc/cmdline is not readable.'
          : isThere
            ? 'It is in /proc/cmdline.'
            : 'It is not in /proc/cmdline.',
      remedy:
        isKept === false
          ? 'Another boot loader or entry may have started this system: compare /proc/cmdline with the files of `vfio-pilot history`.'
          : null,
    };
  });
};
