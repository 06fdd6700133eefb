import type {PlanContext} from '../plan/context.ts';
import type {Plan} from '../plan/plan.ts';
import {neededModules} from '../plan/signing/needed-modules.ts';
import {refusalsOf, remedyOf} from '../plan/signing/refusal.ts';

/** What the kernel would not let in of what the plan relies on; known only when its devices are. */
export const judgeSigning = (
  {facts, report}: PlanContext,
  plan: Pick<Plan, 'devices' | 'binding'>,
  hostModules: readonly string[],
): void => {
  for (const refusal of refusalsOf(facts, neededModules(facts, plan, hostModules)))
    report('warning', refusal.code, {subject: 'boot', message: refusal.message, remedy: remedyOf([refusal])});
};
