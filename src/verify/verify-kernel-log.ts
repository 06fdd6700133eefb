import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {PromiseResult} from './promise.ts';

/** An argument can be on the command line and mean nothing: the kernel passes what it does not know on to init, and goes on. */
export const verifyKernelLog = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  if (plan.kernelArguments.add.length === 0) return [];
  const log = facts.kernel.log ?? null;
  const keys = plan.kernelArguments.add.map(({text}) => keyOf(text));
  const unknown = log?.unknownArguments.filter((token) => keys.includes(keyOf(token))).map((token) => `it does not know ${token}`) ?? [];
  const options = [...plan.binding.moduleOptions, ...plan.binding.builtInOptions].map(({parameter}) => `'${parameter}'`);
  const complaints = log?.complaints.filter((line) => isAbout(line, keys, options)) ?? [];
  const told = [...unknown, ...complaints];
  return [{
    id: 'kernel-log',
    status: log === null ? 'unknown' : told.length === 0 ? 'kept' : 'broken',
    promise: 'The kernel understood the arguments and options that were added.',
    fact: log === null ? 'Its log can not be read here.' : told.length === 0 ? 'Its log says nothing against them.' : `Its log says: ${told.join('; ')}.`,
    remedy: told.length === 0 ? null : 'This kernel lacks what the planned one had: plan again with `vfio-pilot plan` while it runs.',
  }];
};

const keyOf = (token: string): string => token.replace(/=.*$/s, '').replaceAll('-', '_');

const isAbout = (line: string, keys: readonly string[], options: readonly string[]): boolean => {
  if (line.includes('HugeTLB')) return keys.some((key) => key.includes('hugepages'));
  if (line.includes('unknown parameter')) return options.some((option) => line.includes(option));
  return keys.includes('intel_iommu');
};
