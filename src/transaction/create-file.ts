import {dirname} from 'node:path';
import type {CreatedArtifact} from '../artifacts/artifact.ts';
import {withOutput} from '../artifacts/with-output.ts';
import {errorCode} from '../system/machine-error.ts';
import type {MachineStat} from '../system/machine.ts';
import {neverOverwritten} from './inspect.ts';
import {type Made, saveRun} from './journal.ts';
import {creationPlace, leaveStagingPlace, makeStagingPlace, removeStaged} from './staging.ts';
import {messageOf, refusal, runCommand, type Transaction} from './transaction.ts';

/**
 * Has a program make a file next to its place, and gives it its name by a hard link: qemu-img writes over what is
 * there without a word, and link(2) does not. Returns why nothing was made; `null` when it was. Can be called again
 * after a kill at any instant.
 */
export const createFile = async (
  transaction: Transaction,
  index: number,
  artifact: CreatedArtifact,
): Promise<string | null> => {
  const {machine, ledger, events} = transaction;
  const {path} = artifact;
  const place = `${creationPlace(path, ledger.current().id, index)}/new`;
  const known = ledger.current().runs[index]?.made ?? null;
  if (known === null || machine.stat(path)?.inode !== known.inode) {
    refuseThere(transaction, path);
    const reason = await make(transaction, index, artifact, place);
    if (reason !== null) return reason;
    name(transaction, place, path);
  }
  removeStaged(machine, place);
  machine.syncDirectory(dirname(path));
  const made = machine.stat(path);
  if (made?.type !== 'file') throw new Error(`${path} was made, and is gone again.`);
  saveRun(ledger, index, {state: 'started', reason: null, made: madeOf(made, made.changedMs)});
  events({kind: 'file', path, did: 'installed'});
  return null;
};

const refuseThere = ({machine}: Transaction, path: string): void => {
  if (machine.stat(path) !== null) throw appeared(path);
};

const appeared = (path: string): Error => refusal('run', `${path} is there by now.`, neverOverwritten);

/** The empty file comes first: the program keeps its owner and its mode, 0600, which libvirt changes when it starts the guest. */
const make = async (
  transaction: Transaction,
  index: number,
  {path, argv, timeoutSeconds}: CreatedArtifact,
  place: string,
): Promise<string | null> => {
  const {machine, ledger} = transaction;
  makeStagingPlace(machine, place);
  machine.create(place).close();
  const result = await runCommand(transaction, withOutput(argv, place), timeoutSeconds);
  if (result.state === 'not-run') {
    removeStaged(machine, place);
    return result.reason;
  }
  const made = machine.stat(place);
  if (made?.type !== 'file' || made.size === 0) throw new Error(`${argv.join(' ')} did not make ${path}.`);
  machine.syncFile(place);
  // Before it has its name, so that it is known whose file that is if the power goes now.
  saveRun(ledger, index, {state: 'started', reason: null, made: madeOf(made, null)});
  return null;
};

const name = ({machine}: Transaction, place: string, path: string): void => {
  try {
    machine.link(place, path);
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? appeared(path) : error;
  }
  machine.unlink(place);
  leaveStagingPlace(machine, place);
};

const madeOf = ({inode, size, modifiedMs}: MachineStat, changedMs: number | null): Made => ({
  inode,
  size,
  modifiedMs,
  changedMs,
});

/** Takes each file back that nobody has used, and tells of the others. Returns what failed. */
export const uncreateFiles = (transaction: Transaction): readonly string[] => {
  const problems: string[] = [];
  for (const [index, {artifact, state, made}] of transaction.ledger.current().runs.entries()) {
    if (artifact.kind !== 'created' || made === undefined || state === 'undone') continue;
    try {
      const reason = takeBack(transaction, artifact.path, made);
      saveRun(transaction.ledger, index, {state: 'undone', reason});
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return problems;
};

/** Why it stays; `null` when it is gone. */
const takeBack = ({machine, events}: Transaction, path: string, made: Made): string | null => {
  const now = machine.stat(path);
  if (now === null || now.inode !== made.inode) return null;
  const use = useSince(now, made);
  if (use === null) {
    machine.unlink(path);
    machine.syncDirectory(dirname(path));
    events({kind: 'file', path, did: 'restored'});
    return null;
  }
  events({kind: 'file', path, did: 'left-alone'});
  events({
    kind: 'warning',
    message: `${path} stays: ${use} since it was made. Delete it yourself if you do not need it.`,
  });
  return use;
};

/**
 * The kernel moves the time of the last change with each write and each change of owner, mode or label, and no program
 * can set it back. libvirt gives the disk to the user of QEMU when it starts a guest.
 */
const useSince = (now: MachineStat, {size, modifiedMs, changedMs}: Made): string | null => {
  if (now.size !== size || now.modifiedMs !== modifiedMs) return 'it was written to';
  return changedMs !== null && now.changedMs !== changedMs
    ? 'its owner, mode, label or name was changed, as at the start of a guest,'
    : null;
};
