import {
  type Check,
  decodeDocument,
  type Decoded,
  isObject,
  literal,
  memberOf,
  nullable,
  shape,
  type Upgrades,
} from '../../decode/decode.ts';
import type {GuestClaim} from '../../facts/guest-claims.ts';
import {guestClaimShape} from '../../facts/shapes/guest-shapes.ts';

/** guest.json of a run. `claim` is `null` of a run that gives nothing to a guest yet, such as a trial. */
export type GuestRecord = {readonly version: 2; readonly claim: GuestClaim | null};

export const guestRecord = (claim: GuestClaim | null): GuestRecord => ({version: 2, claim});

/** Version 1 knew whole functions only. */
const upgrades: Upgrades = {
  1: (document) => {
    const found = memberOf(document, 'claim');
    return {...document, claim: isObject(found) ? {...found, virtualFunctions: []} : found};
  },
};

const record: Check<GuestRecord> = shape<GuestRecord>({version: literal(2), claim: nullable(guestClaimShape)});

export const decodeGuestRecord = (json: string): Decoded<GuestRecord> =>
  decodeDocument(record, json, {version: 2, upgrades});
