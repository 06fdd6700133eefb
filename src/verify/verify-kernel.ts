import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {PromiseResult} from './promise.ts';

/** The running command line is the only proof that the right boot loader was configured. */
export const verifyArguments = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const line = facts.boot.commandLine;
  const present = line === null ? null : line.trim().split(/\s+/).map(sameSpelling);
  const wanted = plan.kernelArguments.add.map((argument) => ({text: argument.text, isWanted: true}));
  const gone = plan.kernelArguments.remove.map((argument) => ({text: argument.text, isWanted: false}));
  return [...wanted, ...gone].map(({text, isWanted}) => {
    const isThere = present?.includes(sameSpelling(text)) ?? null;
    const isKept = isThere === null ? null : isThere === isWanted;
    return {
      id: 'kernel-argument',
      status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
      promise: isWanted ? `The kernel was started with ${text}.` : `The kernel was started without ${text}.`,
      fact: isThere === null ? '/proc/cmdline is not readable.' : isThere ? 'It is in /proc/cmdline.' : 'It is not in /proc/cmdline.',
      remedy: isKept === false ? 'Another boot loader or entry may have started this system: compare /proc/cmdline with the files of `vfio-pilot history`.' : null,
    };
  });
};

/** To the kernel `-` and `_` are one in parameter names (kernel: kernel-parameters.rst). */
const sameSpelling = (token: string): string => {
  const end = token.indexOf('=');
  return end < 0 ? token.replaceAll('-', '_') : token.slice(0, end).replaceAll('-', '_') + token.slice(end);
};

export const verifyModuleOptions = (facts: HostFacts, plan: Plan): readonly PromiseResult[] =>
  plan.binding.moduleOptions
    .filter((option) => option.parameter !== 'ids')
    .map((option) => {
      const name = `${option.module.replaceAll('-', '_')}.${option.parameter}`;
      const value = facts.kernel.parameters[name];
      const isKept = value === undefined ? null : sameValue(value, option.value);
      return {
        id: 'module-option',
        status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
        promise: `${name} is ${option.value}.`,
        fact: value === undefined ? 'The module is not loaded, or does not tell this parameter.' : `It is ${value}.`,
        remedy: isKept === false ? 'Was the initramfs rebuilt for this kernel? Apply the profile again.' : null,
      };
    });

/** Boolean parameters read back as Y and N. */
const sameValue = (value: string, wanted: string): boolean => value === wanted || (value === 'Y' && wanted === '1') || (value === 'N' && wanted === '0');
