import type {Finding} from '../../findings.ts';
import type {StepId} from './steps.ts';

const prefixes: readonly (readonly [RegExp, StepId])[] = [
  [/^cpu-(?!virtualisation)/, 'cpu'],
  [/^memory-/, 'memory'],
  [/^(guest|libvirt)-/, 'guest'],
  [/^(device|iommu|only|handover|integrated|interrupt|unsafe|binding)-/, 'device'],
];

/** The step on which the user can do something about it. */
export const stepOfFinding = (finding: Finding): StepId => prefixes.find(([pattern]) => pattern.test(finding.code))?.[1] ?? 'review';

/** Whether something that is decided on this step keeps the plan from being applied. */
export const isBlockedAt = (step: StepId, findings: readonly Finding[]): boolean =>
  findings.some((finding) => finding.severity === 'blocker' && stepOfFinding(finding) === step);
