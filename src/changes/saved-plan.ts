import {
  anything,
  decodeDocument,
  type Decoded,
  listOf,
  literal,
  nullable,
  number,
  recordOf,
  shape,
  text,
  wordOf,
} from '../decode/decode.ts';
import type {FileStamp} from '../facts/files.ts';
import type {Change} from './change.ts';
import type {FilePrint, World} from './world.ts';

/**
 * A plan as it was shown. It is no list of orders: `apply` decides again from the profile in it and writes only when
 * that comes out the same, so a forged file can do no more than a profile can.
 */
export type SavedPlan = {
  readonly format: typeof planFormat;
  readonly version: 1;
  readonly profile: {readonly file: string; readonly text: string};
  readonly world: World;
  /** As `comparable` gives them. */
  readonly changes: unknown;
};

const planFormat = 'vfio-pilot plan';

export const renderSavedPlan = (profile: SavedPlan['profile'], world: World, changes: readonly Change[]): string =>
  `${JSON.stringify({format: planFormat, version: 1, profile, world, changes: comparable(changes)} satisfies SavedPlan, null, 1)}\n`;

/** Without the reasons, whose words may count what changes on its own. */
export const comparable = (changes: readonly Change[]): unknown =>
  JSON.parse(
    JSON.stringify(
      changes.map((change) => ({...change, why: []})),
      (key, value: unknown) => (key === 'why' ? undefined : value),
    ),
  );

/** By its content: a saved plan begins as no profile does. */
export const looksLikeSavedPlan = (json: string): boolean => /^\s*\{\s*"format":\s*"vfio-pilot plan"/.test(json);

const filePrint = shape<FilePrint>({
  state: wordOf<FilePrint['state']>({file: true, symlink: true, directory: true, other: true, denied: true}),
  sha256: nullable(text),
  target: nullable(text),
  mode: number,
  uid: number,
  gid: number,
  stamp: nullable(shape<FileStamp>({inode: number, modifiedMs: number, changedMs: number})),
});

const savedPlan = shape<SavedPlan>({
  format: literal(planFormat),
  version: literal(1),
  profile: shape<SavedPlan['profile']>({file: text, text}),
  world: shape<World>({
    toolVersion: text,
    settings: recordOf(text),
    things: recordOf(recordOf(text)),
    files: recordOf(filePrint),
  }),
  changes: listOf(anything),
});

export const decodeSavedPlan = (json: string): Decoded<SavedPlan> =>
  decodeDocument(savedPlan, json, {version: 1, upgrades: {}});
