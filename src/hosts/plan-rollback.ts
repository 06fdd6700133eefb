import type {LateEntry} from '../boot/boot-chain.ts';
import {kernelCommandLinePath} from '../boot/command-line/kernel-cmdline-file.ts';
import {writerOf} from '../boot/chains.ts';
import type {InitramfsSystem} from '../facts/boot.ts';
import {renderDiff} from '../changes/compare-artifacts.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Machine} from '../system/machine.ts';
import {readHistory} from '../transaction/history.ts';
import type {JournalItem} from '../transaction/journal.ts';
import {readRuns} from '../transaction/runs.ts';
import type {RollbackResult} from '../transaction/rollback.ts';
import type {Fate, RollbackPlan, RollbackWish} from './host.ts';
import {describeLeftOut, lookForLaterKernels} from './later-kernels.ts';
import {inspectRollback, readEdits} from './transactions.ts';

/** What a rollback would do, and from which facts. Refuses as it would. */
export const planRollback = async (
  machine: Machine,
  facts: () => Promise<HostFacts>,
  {id, keepEdits, withDiffs}: RollbackWish,
): Promise<RollbackPlan> => {
  const entry = readHistory(machine).find((one) => (id === null ? one.state === 'applied' : one.id === id));
  const run = entry?.state === 'applied' ? entry : null;
  const look = run === null ? null : await lookForLaterKernels(machine, run, facts);
  const later = look?.later ?? null;
  const gone = later?.request.gone ?? [];
  const edits = keepEdits && run !== null ? readEdits(machine, run.id, gone) : [];
  const request = {...(id === null ? {} : {id}), ...later?.request, edits};
  // It looks at an interrupted run first, which is finished before this one.
  inspectRollback(machine, request);
  const journal = readRuns(machine).journals.find((one) => one.id === run?.id);
  const undone = (journal?.items ?? []).filter(
    ({path}) => !gone.includes(path) && edits.every((edit) => edit.path !== path),
  );
  return {
    run,
    plan: look?.plan ?? null,
    later,
    leftOut:
      run === null || look === null || look.problem === null
        ? null
        : describeLeftOut(look.problem, run, await initramfsOf(facts)),
    edits,
    undone: undone.map((item) => ({
      path: item.path,
      fate: fateOf(item),
      diff: withDiffs ? diffOfUndone(machine, item) : '',
    })),
    request,
  };
};

const fateOf = ({old, onRollback}: JournalItem): Fate =>
  onRollback === 'keep' ? 'keep' : old.state === 'absent' ? 'remove' : 'restore';

/** What a generator made may be of any size, and is no text that a person compares. */
const diffOfUndone = (machine: Machine, item: JournalItem): string => {
  if (item.by === 'generator' || item.onRollback === 'keep') return '';
  const textAt = (file: string | null): string | null | undefined => {
    if (file === null || machine.stat(file)?.type !== 'file') return null;
    const bytes = machine.read(file);
    return bytes.includes(0) ? undefined : bytes.toString('utf8');
  };
  const [now, before] = [textAt(item.path), textAt(item.backup)];
  return now === undefined || before === undefined || now === before ? '' : renderDiff(item.path, now, before);
};

/**
 * Boot entries that were written while the arguments were there: nothing has written them anew. Everything is restored
 * by then, so what cannot be read any more is left out.
 */
export const readLateEntries = async (
  {plan}: Pick<RollbackPlan, 'plan'>,
  {paths}: RollbackResult,
  facts: () => Promise<HostFacts>,
): Promise<readonly LateEntry[]> => {
  if (plan === null || !paths.includes(kernelCommandLinePath)) return [];
  const read = await orNull(facts);
  return read === null ? [] : (writerOf(read.boot)?.later.entries(read, plan) ?? []);
};

const initramfsOf = async (facts: () => Promise<HostFacts>): Promise<InitramfsSystem | null> =>
  (await orNull(facts))?.boot.initramfs ?? null;

const orNull = async (facts: () => Promise<HostFacts>): Promise<HostFacts | null> => {
  try {
    return await facts();
  } catch {
    return null;
  }
};
