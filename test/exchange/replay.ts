import {isFileChange} from '../../src/changes/change.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {Profile} from '../../src/profile/profile.ts';

/** The same machine, on which libvirt has no guest yet; or only this one. */
export const withGuests = (facts: HostFacts, xml: string | null): HostFacts => {
  if (facts.virtualisation.kind !== 'kvm') throw new Error('the host is none of libvirt');
  const {domains} = facts.virtualisation;
  const [own] = domains;
  const file = own === undefined ? undefined : facts.files[own.path];
  if (own === undefined || file === undefined) throw new Error('the host has no guest');
  return {
    ...facts,
    virtualisation: {...facts.virtualisation, domains: xml === null ? [] : [{...own, xml}]},
    files: xml === null ? {} : {[own.path]: {...file, text: xml}},
  };
};

/** The domain that a plan of the profile makes where libvirt has none. */
export const replay = (facts: HostFacts, profile: Profile): string => {
  const {changes, findings} = previewChanges(withGuests(facts, null), profile);
  const text = changes
    .filter(isFileChange)
    .find(({path}) => path.startsWith('/etc/libvirt/qemu/') && path.endsWith('.xml'))?.content?.text;
  if (text === undefined)
    throw new Error(findings.flatMap(({severity, message}) => (severity === 'blocker' ? [message] : [])).join('\n'));
  return text;
};
