import {renderTrial} from '../boot/trial/render-trial.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import {type Ports, servedPorts} from '../pipeline/ports.ts';
import type {PositionOf} from '../plan/context.ts';
import {planPassthrough} from '../pipeline/plan-passthrough.ts';
import type {Plan} from '../plan/plan.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import type {Change} from './change.ts';
import {compareArtifacts} from './compare-artifacts.ts';
import {renderHost} from './render-host.ts';

/** Everything that is shown before anything is written: the same for wizard, `plan` and `apply`. */
export type Preview = {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly changes: readonly Change[];
};

const order = {blocker: 0, warning: 1, note: 2} as const;

export const previewChanges = (
  facts: HostFacts,
  profile: WrittenProfile,
  positionOf?: PositionOf,
  ports: Ports = servedPorts,
): Preview => {
  const {plan, findings} = planPassthrough(facts, profile, positionOf, ports);
  return previewPlan(facts, plan, findings, ports);
};

/** What makes a decided plan true on this host. */
export const previewPlan = (
  facts: HostFacts,
  plan: Plan,
  findings: readonly Finding[],
  ports: Ports = servedPorts,
): Preview => {
  const host = renderHost(facts, plan, ports);
  const guest = hypervisorOf(facts, ports.hypervisors).renderGuest(facts, plan);
  const artifacts = [...host.artifacts, ...guest.artifacts];
  const all = [...findings, ...host.findings, ...guest.findings];
  return {plan, findings: bySeverity(all), changes: compareArtifacts(facts, artifacts)};
};

/** What starts a plan for one boot; `permanent` is what a confirmation writes then. */
export const previewTrial = (facts: HostFacts, permanent: Preview, token: string): Preview => {
  const {artifacts, findings} = renderTrial(facts, permanent.plan, token);
  return {
    plan: permanent.plan,
    findings: bySeverity([...permanent.findings, ...findings]),
    changes: compareArtifacts(facts, artifacts),
  };
};

const bySeverity = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => order[a.severity] - order[b.severity]);
