import {
  type Check,
  type Decoded,
  decodeDocument,
  either,
  literal,
  nullable,
  number,
  recordOf,
  shape,
  text,
} from '../decode/decode.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {decodeProfile, encodeProfile} from '../pipeline/profile-file.ts';
import {resolveProfile} from '../pipeline/resolve-profile.ts';
import type {KeptDraft} from './services.ts';

type DraftDocument = Omit<KeptDraft, 'base'> & {
  readonly version: 1;
  /** A profile file. */
  readonly base: string;
};

const draftDocument: Check<DraftDocument> = shape<DraftDocument>({
  version: literal(1),
  savedAt: text,
  step: text,
  path: nullable(text),
  base: text,
  edits: recordOf(either<string | number>(text, number)),
});

export const encodeDraft = ({base, ...rest}: KeptDraft): string => {
  const document: DraftDocument = {version: 1, ...rest, base: encodeProfile(base)};
  return `${JSON.stringify(document, null, 2)}\n`;
};

export const decodeDraft = (content: string, facts: HostFacts): Decoded<KeptDraft> => {
  const document = decodeDocument(draftDocument, content, {version: 1, upgrades: {}});
  if (!document.isValid) return document;
  const {version: _, base, ...rest} = document.value;
  const {profile, findings} = decodeProfile(base, 'draft');
  return profile === null
    ? {isValid: false, problem: findings[0]?.message ?? 'its profile cannot be read'}
    : {isValid: true, value: {...rest, base: resolveProfile(facts, profile).profile}};
};
