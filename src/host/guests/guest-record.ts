import {
  type Check,
  decodeDocument,
  type Decoded,
  isObject,
  type JsonObject,
  literal,
  memberOf,
  nullable,
  shape,
  type Upgrades,
} from '../../decode/decode.ts';
import type {GuestClaim} from '../../facts/guest-claims.ts';
import {guestClaimShape} from '../../facts/shapes/guest-shapes.ts';

/** guest.json of a run. `claim` is `null` of a run that gives nothing to a guest yet, such as a trial. */
export type GuestRecord = {readonly version: 5; readonly claim: GuestClaim | null};

export const guestRecord = (claim: GuestClaim | null): GuestRecord => ({version: 5, claim});

/**
 * Version 1 knew whole functions only, version 2 those and virtual ones, version 3 no free one of a card, and version 4
 * no device of kvmfr.
 */
const upgrades: Upgrades = {
  1: (document) => withClaim(document, {virtualFunctions: []}),
  2: (document) => {
    const claim = memberOf(document, 'claim');
    const found = isObject(claim) ? memberOf(claim, 'virtualFunctions') : null;
    const virtualFunctions = Array.isArray(found)
      ? found.map((one: unknown) => (isObject(one) ? {...one, vgpu: null} : one))
      : found;
    return withClaim(document, {virtualFunctions, mediatedDevices: [], usbDevices: []});
  },
  3: (document) => withClaim(document, {pooledFunctions: []}),
  4: (document) => withClaim(document, {kvmfr: null}),
};

const withClaim = (document: JsonObject, more: JsonObject): JsonObject => {
  const found = memberOf(document, 'claim');
  return {...document, claim: isObject(found) ? {...found, ...more} : found};
};

const record: Check<GuestRecord> = shape<GuestRecord>({version: literal(5), claim: nullable(guestClaimShape)});

export const decodeGuestRecord = (json: string): Decoded<GuestRecord> =>
  decodeDocument(record, json, {version: 5, upgrades});
