import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {previewChanges} from '../../../src/changes/preview.ts';
import {sampleDevice, sampleProfile} from '../../support/sample-profile.ts';

export type Wish = Parameters<typeof sampleProfile>[0];

/** The third card of `xen-desktop` for a small Windows 10 guest. */
const xenProfile = (wish: Wish = {}) =>
  sampleProfile({
    ...wish,
    devices: wish.devices ?? [sampleDevice('0000:41:00.0', {id: '1234:1111', upstream: ['0000:40:00.0']})],
    cpu: {vcpus: 2, ...wish.cpu},
    memory: {sizeMiB: 512, hugepages: 'auto', ...wish.memory},
    guest: {name: 'win', os: 'windows-10', ...wish.guest},
  });

export const decide = (facts: HostFacts, wish: Wish = {}) => previewChanges(facts, xenProfile(wish));

/** `blocker iommu-off`, without notes. */
export const codesOf = (facts: HostFacts, wish: Wish = {}): readonly string[] =>
  decide(facts, wish)
    .findings.filter(({severity}) => severity !== 'note')
    .map(({severity, code}) => `${severity} ${code}`);

export const findingOf = (facts: HostFacts, code: string, wish: Wish = {}) =>
  decide(facts, wish).findings.find((finding) => finding.code === code);

/** The text that a file is to have; `null` where it is not changed. */
export const textOf = (facts: HostFacts, path: string, wish: Wish = {}): string | null => {
  const change = decide(facts, wish).changes.find((one) => one.path === path);
  return change !== undefined && 'content' in change ? (change.content?.text ?? null) : null;
};
