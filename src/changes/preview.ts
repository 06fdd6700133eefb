import {renderDomain} from '../artifacts/domain/render-domain.ts';
import {renderHost} from '../artifacts/render-host.ts';
import {renderTrial} from '../artifacts/trial/render-trial.ts';
import type {Finding} from '../findings.ts';
import type {HostFacts} from '../host/facts.ts';
import type {PositionOf} from '../plan/context.ts';
import type {Plan} from '../plan/plan.ts';
import {planPassthrough} from '../plan/plan-passthrough.ts';
import type {Profile} from '../profile/profile.ts';
import type {Change} from './change.ts';
import {compareArtifacts} from './compare-artifacts.ts';

/** Everything that is shown before anything is written: the same for wizard, `plan` and `apply`. */
export type Preview = {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly changes: readonly Change[];
};

const order = {blocker: 0, warning: 1, note: 2} as const;

export const previewChanges = (facts: HostFacts, profile: Profile, positionOf?: PositionOf): Preview => {
  const {plan, findings} = planPassthrough(facts, profile, positionOf);
  return previewPlan(facts, plan, findings);
};

/** What makes a decided plan true on this host. */
export const previewPlan = (facts: HostFacts, plan: Plan, findings: readonly Finding[]): Preview => {
  const host = renderHost(facts, plan);
  const domain = renderDomain(facts, plan);
  const artifacts = [...host.artifacts, ...domain.artifacts];
  const all = [...findings, ...host.findings, ...domain.findings];
  return {plan, findings: bySeverity(all), changes: compareArtifacts(facts, artifacts)};
};

/** What starts a plan for one boot; `permanent` is what a confirmation writes then. */
export const previewTrial = (facts: HostFacts, permanent: Preview, token: string): Preview => {
  const {artifacts, findings} = renderTrial(facts, permanent.plan, token);
  return {plan: permanent.plan, findings: bySeverity([...permanent.findings, ...findings]), changes: compareArtifacts(facts, artifacts)};
};

const bySeverity = (findings: readonly Finding[]): readonly Finding[] => findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
