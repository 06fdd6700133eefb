import type {
  CommandArtifact,
  CreatedArtifact,
  Effect,
  GeneratedArtifact,
  NamedImages,
  OnRollback,
  Validation,
} from '../artifacts/artifact.ts';
import {
  absolutePath,
  argv,
  byTag,
  type Check,
  decodeDocument,
  either,
  flag,
  integer,
  listOf,
  literal,
  nullable,
  number,
  optional,
  shape,
  text,
  wordOf,
} from '../decode/decode.ts';
import {TransactionError} from '../errors.ts';
import {errorCode} from '../system/machine-error.ts';
import type {Machine} from '../system/machine.ts';
import {journalDirectory, journalFile} from '../system/state-directory.ts';
import {journalUpgrades} from './journal-upgrades.ts';
import {type Journal, type JournalItem, type JournalRun, journalVersion, type Made} from './journal.ts';
import type {PathState} from './path-state.ts';
import {messageOf} from './transaction.ts';

/** `null` when it is not there. Throws TransactionError naming the file when it cannot be understood. */
export const readJournal = (machine: Machine, id: string): Journal | null => {
  const path = journalFile(id);
  try {
    if (machine.stat(path) === null) return null;
    return decodeJournal(machine.read(path).toString('utf8'), id);
  } catch (error) {
    // The caller died, not the file (tests), or this user may not look.
    if (errorCode(error) !== null) throw error;
    throw new TransactionError(`The journal ${path} cannot be read: ${messageOf(error)}.`, {
      step: 'journal',
      isRestored: false,
      nextStep: `Compare the files with their backups in ${journalDirectory(id)}/backup, then move ${journalDirectory(id)} away.`,
      cause: error,
    });
  }
};

/** The newest of those of `readRuns`. A run that was killed right after its last word may not have put that on the disk, and the next step needs it. */
export const keepLastWord = (machine: Machine, journals: readonly Journal[]): Journal | null => {
  const newest = journals.at(-1) ?? null;
  if (newest !== null) machine.syncDirectory(journalDirectory(newest.id));
  return newest;
};

const pathState = either<PathState>(
  shape<Extract<PathState, {state: 'file'}>>({
    state: literal('file'),
    sha256: text,
    size: integer,
    mode: integer,
    uid: integer,
    gid: integer,
  }),
  shape<Extract<PathState, {state: 'absent'}>>({state: literal('absent')}),
  shape<Extract<PathState, {state: 'symlink'}>>({state: literal('symlink'), target: text, uid: integer, gid: integer}),
);

const onRollback = wordOf<OnRollback>({restore: true, remove: true, keep: true});

const item = shape<JournalItem>({
  path: absolutePath,
  placing: wordOf<JournalItem['placing']>({first: true, last: true}),
  by: wordOf<JournalItem['by']>({writer: true, registry: true, generator: true}),
  onRollback,
  old: pathState,
  backup: nullable(absolutePath),
  new: nullable(pathState),
  temp: nullable(absolutePath),
  isUnsettled: flag,
});

/** The rest of it is decoded by the probe or the validator of that kind, when it is asked. */
const effect: Check<Effect> = shape<{readonly kind: string}>({kind: text});

const validation = byTag<'kind', Validation>('kind', {
  command: shape<Extract<Validation, {kind: 'command'}>>({kind: literal('command'), argv}),
  listing: shape<Extract<Validation, {kind: 'listing'}>>({kind: literal('listing'), argv, contains: listOf(text)}),
  contains: shape<Extract<Validation, {kind: 'contains'}>>({kind: literal('contains'), texts: listOf(text)}),
  size: shape<Extract<Validation, {kind: 'size'}>>({
    kind: literal('size'),
    minimumRatio: number,
    of: optional(absolutePath),
  }),
  order: shape<Extract<Validation, {kind: 'order'}>>({
    kind: literal('order'),
    member: text,
    script: text,
    before: text,
  }),
});

const artifact = byTag<'kind', JournalRun['artifact']>('kind', {
  command: shape<CommandArtifact>({
    kind: literal('command'),
    argv,
    undo: nullable(argv),
    triggers: listOf(text),
    onlyWith: optional(text),
    timeoutSeconds: integer,
    effect: optional(effect),
    images: optional(
      shape<NamedImages>({
        kind: literal('images'),
        argv,
        entries: listOf(shape<NamedImages['entries'][number]>({path: absolutePath, contains: listOf(text)})),
      }),
    ),
    why: listOf(text),
  }),
  generated: shape<GeneratedArtifact>({
    kind: literal('generated'),
    path: absolutePath,
    argv,
    validations: listOf(validation),
    onRollback: optional(onRollback),
    triggers: listOf(text),
    timeoutSeconds: integer,
    why: listOf(text),
  }),
  created: shape<CreatedArtifact>({
    kind: literal('created'),
    path: absolutePath,
    argv,
    directoryMode: integer,
    bytes: number,
    timeoutSeconds: integer,
    triggers: listOf(text),
    why: listOf(text),
  }),
});

const journal = shape<Journal>({
  version: literal(journalVersion),
  id: text,
  sequence: integer,
  profile: text,
  toolVersion: text,
  startedAt: text,
  state: wordOf<Journal['state']>({
    PREPARED: true,
    COMMITTING: true,
    COMMITTED: true,
    ROLLING_BACK: true,
    ROLLED_BACK: true,
  }),
  failure: nullable(text),
  directories: listOf(shape<Journal['directories'][number]>({path: absolutePath, mode: integer})),
  items: listOf(item),
  runs: listOf(
    shape<JournalRun>({
      artifact,
      state: wordOf<JournalRun['state']>({pending: true, started: true, ran: true, 'not-run': true, undone: true}),
      reason: nullable(text),
      made: optional(shape<Made>({inode: number, size: number, modifiedMs: number, changedMs: nullable(number)})),
    }),
  ),
});

const decodeJournal = (json: string, id: string): Journal => {
  const decoded = decodeDocument(journal, json, {version: journalVersion, upgrades: journalUpgrades});
  if (!decoded.isValid) throw new Error(decoded.problem);
  if (decoded.value.id !== id) throw new Error(`it is that of ${decoded.value.id}`);
  return decoded.value;
};
