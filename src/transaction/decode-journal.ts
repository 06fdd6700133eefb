import {TransactionError} from '../errors.ts';
import type {Machine} from '../system/machine.ts';
import {errorCode} from '../system/machine-error.ts';
import type {Journal} from './journal.ts';
import {journalDirectory, journalFile, journalRoot} from './paths.ts';
import {messageOf} from './refuse.ts';

/** Ids of the transactions, oldest name first. Those without a journal never began. */
export const listJournalIds = (machine: Machine): readonly string[] => machine.list(journalRoot);

/** `null` when the transaction never began. Throws TransactionError naming the file when it cannot be understood. */
export const readJournal = (machine: Machine, id: string): Journal | null => {
  const path = journalFile(id);
  try {
    if (machine.stat(path) === null) return null;
    return decodeJournal(JSON.parse(machine.read(path).toString('utf8')), id);
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

/** All of them by age. */
export const readJournals = (machine: Machine): readonly Journal[] =>
  listJournalIds(machine)
    .map((id) => readJournal(machine, id))
    .filter((journal) => journal !== null)
    .sort((one, other) => one.sequence - other.sequence);

/** The newest of `readJournals`. A run that was killed right after its last word may not have put that on the disk, and what comes now stands on it. */
export const keepLastWord = (machine: Machine, journals: readonly Journal[]): Journal | null => {
  const newest = journals.at(-1) ?? null;
  if (newest !== null) machine.syncDirectory(journalDirectory(newest.id));
  return newest;
};

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => Number.isSafeInteger(value);
const isFlag: Check = (value) => typeof value === 'boolean';
const isPath: Check = (value) => typeof value === 'string' && value.startsWith('/');
const orMissing = (check: Check): Check => (value) => value === undefined || check(value);
const orNull = (check: Check): Check => (value) => value === null || check(value);
const oneOf = (...words: readonly unknown[]): Check => (value) => words.includes(value);
const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const shape = (fields: Readonly<Record<string, Check>>): Check => (value) =>
  typeof value === 'object' && value !== null && Object.entries(fields).every(([name, check]) => check(fieldOf(value, name)));
const fieldOf = (value: object, name: string): unknown => Object.getOwnPropertyDescriptor(value, name)?.value;

const isState: Check = (value) =>
  [
    shape({state: oneOf('absent')}),
    shape({state: oneOf('file'), sha256: isText, size: isNumber, mode: isNumber, uid: isNumber, gid: isNumber}),
    shape({state: oneOf('symlink'), target: isText, uid: isNumber, gid: isNumber}),
  ].some((check) => check(value));

const isArgv: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isText);
const isValidation: Check = (value) =>
  [
    shape({kind: oneOf('command'), argv: isArgv}),
    shape({kind: oneOf('listing'), argv: isArgv, contains: listOf(isText)}),
    shape({kind: oneOf('order'), member: isText, script: isText, before: isText}),
    shape({kind: oneOf('contains'), texts: listOf(isText)}),
    shape({kind: oneOf('size'), minimumRatio: (ratio) => typeof ratio === 'number', of: orMissing(isPath)}),
  ].some((check) => check(value));
const isWords = shape({has: listOf(isText), lacks: listOf(isText)});
const isCommandLines: Check = (value) => [shape({kind: oneOf('program'), argv: isArgv}), shape({kind: oneOf('partitions'), listPath: isPath}), shape({kind: oneOf('entries', 'limine'), paths: listOf(isPath)})].some((check) => check(value));
const isImages = shape({argv: isArgv, entries: listOf(shape({path: isPath, contains: listOf(isText)}))});
const isEffect: Check = (value) =>
  [
    shape({kind: oneOf('loader-variable'), name: isText, before: orNull(isText), after: orNull(isText)}),
    shape({kind: oneOf('files-hold'), paths: listOf(isPath), texts: listOf(isText)}),
    shape({kind: oneOf('arguments'), of: isCommandLines, before: isWords, after: isWords}),
    shape({kind: oneOf('default-entry'), ids: listOf(isText)}),
  ].some((check) => check(value));
const isArtifact: Check = (value) =>
  [
    shape({kind: oneOf('command'), argv: isArgv, undo: orNull(isArgv), triggers: listOf(isText), timeoutSeconds: isNumber, effect: orMissing(isEffect), images: orMissing(isImages)}),
    shape({kind: oneOf('generated'), path: isPath, argv: isArgv, validations: listOf(isValidation), isOwn: orMissing(oneOf(true)), triggers: listOf(isText), timeoutSeconds: isNumber}),
  ].some((check) => check(value));

const fields: Readonly<Record<keyof Journal, Check>> = {
  version: oneOf(1),
  id: isText,
  sequence: isNumber,
  profile: isText,
  toolVersion: isText,
  startedAt: isText,
  state: oneOf('PREPARED', 'COMMITTING', 'COMMITTED', 'ROLLING_BACK', 'ROLLED_BACK'),
  failure: orNull(isText),
  directories: listOf(shape({path: isPath, mode: isNumber})),
  items: listOf(
    shape({path: isPath, installer: oneOf('file', 'libvirt', 'generated', 'last'), old: isState, backup: orNull(isPath), new: orNull(isState), temp: orNull(isPath), isUnsettled: isFlag}),
  ),
  runs: listOf(shape({artifact: isArtifact, state: oneOf('pending', 'started', 'ran', 'not-run', 'undone'), reason: orNull(isText)})),
};

const decodeJournal = (value: unknown, id: string): Journal => {
  if (typeof value !== 'object' || value === null) throw new Error('it holds no journal');
  const wrong = Object.entries(fields).find(([name, check]) => !check(fieldOf(value, name)));
  if (wrong !== undefined) throw new Error(`"${wrong[0]}" in it is missing or wrong`);
  if (!isJournal(value)) throw new Error('it holds no journal');
  if (value.id !== id) throw new Error(`it is that of ${value.id}`);
  return value;
};

const isJournal = (value: object): value is Journal => shape(fields)(value);
