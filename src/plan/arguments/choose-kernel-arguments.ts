import type {PlanContext} from '../context.ts';
import type {KernelArgumentPlan} from '../plan.ts';
import {withoutGuarded} from './guard-kernel-arguments.ts';
import type {Part} from './part.ts';

/** One command line, from all that is wanted there. */
export const chooseKernelArguments = (
  context: PlanContext,
  parts: readonly Part[],
  subject: 'kernelArguments' | 'hypervisorArguments' = 'kernelArguments',
): KernelArgumentPlan => {
  const add = withoutGuarded(
    context,
    parts.flatMap((part) => part.add ?? []),
  );
  for (const argument of add) context.decide(subject, argument.text, argument.because);
  return {
    add,
    remove: parts.flatMap((part) => part.remove ?? []),
    ownedKeys: parts.flatMap((part) => part.owned ?? []),
  };
};
