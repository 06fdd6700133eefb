import {type Preview, previewChanges} from '../../src/changes/preview.ts';
import type {Finding} from '../../src/findings/finding.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {kvmPlanOf} from '../../src/hypervisor/kvm/kvm-plan.ts';
import type {KvmGuestPlan} from '../../src/plan/plan.ts';
import type {Profile} from '../../src/profile/profile.ts';

type Shown = Preview & {
  readonly guest: KvmGuestPlan;
  /** Those whose code begins like this. */
  readonly found: readonly Finding[];
  /** What a file is to hold; `null` where it does not change, or goes. */
  readonly textOf: (file: string) => string | null;
};

/** What a profile makes of a host with libvirt. */
export const shownPreview = (facts: HostFacts, profile: Profile, codes: string): Shown => {
  const preview = previewChanges(facts, profile);
  return {
    ...preview,
    guest: kvmPlanOf(preview.plan).guest,
    found: preview.findings.filter(({code}) => code.startsWith(codes)),
    textOf: (file) => {
      const change = preview.changes.find((one) => one.kind !== 'run' && one.path === file);
      return change !== undefined && 'content' in change ? (change.content?.text ?? null) : null;
    },
  };
};
