import {dirname} from 'node:path';
import {makeOutput} from './generate.ts';
import type {JournalItem} from './journal.ts';
import {readPathState} from './path-state.ts';
import {replace, stage} from './replace.ts';
import type {Transaction} from './transaction.ts';
import {tempFile} from './staging.ts';
import {removeIfThere} from './write-file.ts';

/**
 * A generated file that somebody else has generated since (a kernel update): neither our version nor the one of our
 * backup is right any more, so it is made anew from the restored files.
 */
export const regenerate = async (transaction: Transaction, {path}: JournalItem): Promise<void> => {
  const {machine, ledger, events} = transaction;
  const {id, items, runs} = ledger.current();
  const now = readPathState(machine, path);
  const runIndex = runs.findIndex(({artifact}) => artifact.kind === 'generated' && artifact.path === path);
  const artifact = runs[runIndex]?.artifact;
  if (now.state !== 'file' || artifact?.kind !== 'generated') {
    events({kind: 'warning', message: `${path} is gone or no regular file any more; it was left alone.`});
    return;
  }
  const made = await makeOutput(transaction, runIndex, withoutPromises(artifact), now);
  if (made.output === null) {
    events({
      kind: 'warning',
      message: `${path} was changed by somebody else and could not be generated again (${made.reason}).`,
    });
    return;
  }
  const temp = tempFile(
    machine,
    path,
    id,
    items.findIndex((item) => item.path === path),
  );
  stage(machine, temp, {
    kind: 'file',
    content: {from: made.output},
    mode: now.mode,
    uid: now.uid,
    gid: now.gid,
    like: path,
  });
  const late = replace(machine, path, temp, now);
  machine.syncDirectory(dirname(path));
  removeIfThere(machine, made.output);
  if (late !== null) throw new Error(`${path} was written by somebody else while it was generated again.`);
  events({kind: 'file', path, did: 'restored'});
};

/** What must be in the file with our changes need not be in it without them. */
const withoutPromises = <Artifact extends {readonly validations: readonly {readonly kind: string}[]}>(
  artifact: Artifact,
): Artifact => ({
  ...artifact,
  validations: artifact.validations.filter(({kind}) => kind === 'command' || kind === 'size'),
});
