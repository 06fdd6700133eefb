import {previewChanges} from '../changes/preview.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {FindingCode} from '../findings/codes.ts';
import {planPassthrough} from '../pipeline/plan-passthrough.ts';
import type {WrittenProfile} from '../profile/profile.ts';

/** A profile on one host: what blocks it, and what it would give to the guest. */
export type Judgement = {
  /** Codes of the blockers, each once; empty where it fits. */
  readonly blockedBy: readonly FindingCode[];
  /** Devices and sizes, as one text to be compared. */
  readonly choice: string;
};

/** `hasFiles`: the texts of configuration files are known too, so that it is judged whether they can be edited. */
export const judgeProfile = (facts: HostFacts, profile: WrittenProfile, hasFiles: boolean): Judgement => {
  const {plan, findings} = hasFiles ? previewChanges(facts, profile) : planPassthrough(facts, profile);
  const {
    devices,
    pinning,
    memory: {sizeKiB},
  } = plan;
  const blockers = findings.filter(({severity}) => severity === 'blocker');
  return {
    blockedBy: [...new Set(blockers.map(({code}) => code))].sort(),
    choice: `${devices.map(({address, id}) => `${address ?? 'part'} ${id ?? ''}`.trim()).join(', ')}; vCPUs on ${pinning.vcpus.map(({cpus}) => cpus.join('-')).join(' ')}; ${sizeKiB} KiB`,
  };
};
