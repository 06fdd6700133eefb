import type {HostFacts} from '../facts/host-facts.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import {type Ports, servedPorts} from '../pipeline/ports.ts';
import type {Plan} from '../plan/plan.ts';
import type {GuestPhase} from '../profile/profile.ts';
import {compareArtifacts} from './compare-artifacts.ts';
import type {Preview} from './preview.ts';

/** A guest of an applied plan in another phase: its definition changes, and nothing else. `null` where it has no phases. */
export const previewPhase = (
  facts: HostFacts,
  applied: Plan,
  phase: GuestPhase,
  ports: Ports = servedPorts,
): Preview | null => {
  const hypervisor = hypervisorOf(facts, ports.hypervisors);
  const plan = applied.guest.kind === hypervisor.kind ? hypervisor.inPhase(applied, phase) : null;
  if (plan === null) return null;
  const {artifacts, findings} = hypervisor.renderGuest(facts, plan);
  return {plan, findings, changes: compareArtifacts(facts, artifacts)};
};
