import type {HostFacts} from '../../facts/host-facts.ts';
import {contentDigest} from '../../formats/content-digest.ts';
import {definitionsIn} from './definition.ts';

/**
 * A UUID for a new slice that nothing on this host has yet. It needs to differ from others of the host only, and the same
 * host and choice give the same one, so that it comes from no random numbers (RFC 9562: version 8).
 */
export const proposeUuid = (facts: HostFacts, place: string): string => {
  const taken = new Set([
    ...facts.mediated.devices.map(({uuid}) => uuid),
    ...definitionsIn(facts.files).map(({uuid}) => uuid),
    ...facts.guests.recorded.flatMap(({mediatedDevices}) => mediatedDevices.map(({uuid}) => uuid)),
  ]);
  for (let number = 0; ; number += 1) {
    const uuid = uuidOf(place, number);
    if (!taken.has(uuid)) return uuid;
  }
};

const uuidOf = (place: string, number: number): string => {
  const digits = ['a', 'b', 'c', 'd'].map((part) => contentDigest([part, place, String(number)])).join('');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
};
