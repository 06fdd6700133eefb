import type {AppliedPlan} from './promise.ts';

/** The journal is written by us and readable by root only, but it may come from another version; `null` when nothing is applied. */
export const decodeAppliedPlan = (value: unknown): AppliedPlan | null => (isAppliedPlan(value) ? value : null);

const isAppliedPlan = (value: unknown): value is AppliedPlan =>
  typeof value === 'object' && value !== null && 'version' in value && value.version === 1 && 'plan' in value && typeof value.plan === 'object' && value.plan !== null && 'version' in value.plan && value.plan.version === 1;
