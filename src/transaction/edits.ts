import type {GuestRegistry, Ports} from '../artifacts/ports.ts';
import {undoEdit} from '../changes/undo-edit.ts';
import {TransactionError} from '../errors.ts';
import type {Machine} from '../system/machine.ts';
import {keepBackup} from './backup.ts';
import {readJournal} from './decode-journal.ts';
import type {Journal, JournalItem} from './journal.ts';
import {withoutGone} from './late.ts';
import {journalDirectory} from '../system/state-directory.ts';
import {appliedFile, isSameState, keptFile, type PathState, readPathState, sha256} from './path-state.ts';
import {isOurs} from './restore.ts';

/** A file that somebody has edited since it was applied. */
export type Edit = {readonly path: string; readonly now: PathState};

/** With what is to become of it, for the user to see. */
export type ShownEdit = Edit & {
  /** It was not there before. */
  readonly isNew: boolean;
  readonly backup: string | null;
  /** What it holds without what was applied; `null` where that cannot be known. */
  readonly kept: {readonly present: Buffer; readonly bytes: Buffer} | null;
};

/** Of one transaction, to be shown before it is rolled back. `gone`: files that are not brought back, and not shown. */
export const readEditsWith =
  ({registries}: Pick<Ports, 'registries'>) =>
  (machine: Machine, id: string, gone: readonly string[]): readonly ShownEdit[] => {
    const items = withoutGone(machine, readJournal(machine, id)?.items ?? [], gone);
    return findEdits(machine, items).map((edit) => {
      const index = items.findIndex(({path}) => path === edit.path);
      const item = items[index];
      return {
        ...edit,
        isNew: item?.old.state === 'absent',
        backup: item?.backup ?? null,
        kept:
          item === undefined
            ? null
            : undo(machine, appliedFile(id, index), item, {
                now: edit.now,
                registry: registries.find((one) => one.keeps(edit.path)),
              }),
      };
    });
  };

export const findEdits = (machine: Machine, items: readonly JournalItem[]): readonly Edit[] =>
  items.flatMap((item) => {
    const now = readPathState(machine, item.path);
    return item.by === 'generator' ||
      item.onRollback === 'keep' ||
      isSameState(now, item.old) ||
      isOurs(machine, item, now)
      ? []
      : [{path: item.path, now}];
  });

/** Byte by byte: whatever the encoding is, what was not ours stays. */
const undo = (
  machine: Machine,
  applied: string,
  item: JournalItem,
  {now, registry}: {readonly now: PathState; readonly registry: GuestRegistry | undefined},
): ShownEdit['kept'] => {
  const {old, new: wanted, backup, path} = item;
  if (
    now.state !== 'file' ||
    old.state !== 'file' ||
    wanted?.state !== 'file' ||
    backup === null ||
    [backup, applied].some((copy) => machine.stat(copy) === null)
  )
    return null;
  const [before, ours, present] = [machine.read(backup), machine.read(applied), machine.read(path)];
  if (sha256(before) !== old.sha256 || sha256(ours) !== wanted.sha256 || sha256(present) !== now.sha256) return null;
  const withoutApplied = (item.by === 'registry' ? registry?.withoutApplied : null) ?? undoEdit;
  const text = withoutApplied({
    before: before.toString('latin1'),
    applied: ours.toString('latin1'),
    present: present.toString('latin1'),
  });
  return text === null ? null : {present, bytes: Buffer.from(text, 'latin1')};
};

/** An edit that the user has seen, and that is still the same; of a directory in the place of a file nothing can be made. */
export const isShown = ({path, now}: Edit, shown: readonly Edit[]): boolean =>
  now.state !== 'other' && shown.some((edit) => edit.path === path && isSameState(edit.now, now));

export const refuseEdits = (edits: readonly Edit[], id: string): void => {
  if (edits.length === 0) return;
  throw new TransactionError(
    `${edits.map(({path}) => path).join(', ')} ${edits.length === 1 ? 'was' : 'were'} edited since ${id} was applied.`,
    {
      step: 'check',
      isRestored: false,
      nextStep: `Nothing was changed. \`rollback --keep-edits\` shows what it makes of ${edits.length === 1 ? 'it' : 'them'}: the edit stays, and what was applied goes. The versions from before are in ${journalDirectory(id)}/backup.`,
    },
  );
};

/** Such files go into the journal as if what they are to hold had been there before, or, where that cannot be known, what they hold now. */
export const withEdits = (
  machine: Machine,
  {id, items}: Pick<Journal, 'id' | 'items'>,
  edits: readonly ShownEdit[],
): readonly JournalItem[] =>
  items.map((item, index) => {
    const edit = edits.find(({path}) => path === item.path);
    if (edit === undefined) return item;
    const {now, kept, path} = edit;
    // The backup stays named: it may hold what somebody wrote before that run.
    if (now.state !== 'file' || kept === null) return {...item, old: now, new: now};
    const old = {...now, sha256: sha256(kept.bytes), size: kept.bytes.length};
    const backup = keptFile(id, index);
    keepBackup(machine, {path, backup, content: kept.bytes, old});
    return {...item, old, backup, new: now};
  });
