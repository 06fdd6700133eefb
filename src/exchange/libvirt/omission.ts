import type {Finding} from '../../findings/finding.ts';
import type {Profile} from '../../profile/profile.ts';
import {positionOf, type XmlDocument, type XmlElement} from '../../formats/xml/document.ts';

/** What a profile cannot say of a domain. */
export type Omission = {
  readonly element: XmlElement;
  readonly what: string;
  /** `stays`: this domain keeps it; `lost`: it isn't among what the profile gives to the guest; `replaced`: a plan of the profile changes it. */
  readonly outcome: 'stays' | 'lost' | 'replaced';
};

/** Settings of the guest that an element gives, and what it says besides. */
export type ImportedGuest = {readonly guest: Partial<Profile['guest']>; readonly omissions: readonly Omission[]};

export const stays = (element: XmlElement, what: string): Omission => ({element, what, outcome: 'stays'});
export const lost = (element: XmlElement, what: string): Omission => ({element, what, outcome: 'lost'});
export const replaced = (element: XmlElement, what: string): Omission => ({element, what, outcome: 'replaced'});

const remedies: Readonly<Record<Omission['outcome'], string>> = {
  stays: 'Nothing to do here: this domain keeps it. On another host, add it with `virsh edit` after `apply`.',
  lost: 'Look at `devices` in the profile before you apply it; `vfio-pilot groups` lists what this host has.',
  replaced: 'Look at the diff of `vfio-pilot plan` before you apply the profile.',
};

export const findingsOf = (omissions: readonly Omission[], {text}: XmlDocument, path: string): readonly Finding[] =>
  [...omissions]
    .sort((one, other) => one.element.start - other.element.start)
    .map(({element, what, outcome}) => ({
      code: 'import-left-out',
      severity: outcome === 'lost' ? 'warning' : 'note',
      subject: path,
      at: {file: path, ...positionOf(text, element.start)},
      message: what,
      remedy: remedies[outcome],
    }));
