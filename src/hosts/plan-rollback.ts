import type {LateEntry} from '../boot/boot-chain.ts';
import {kernelCommandLinePath} from '../boot/command-line/kernel-cmdline-file.ts';
import {writerOf} from '../boot/chains.ts';
import type {InitramfsSystem} from '../facts/boot.ts';
import {renderDiff} from '../changes/compare-artifacts.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Machine} from '../system/machine.ts';
import {type HistoryEntry, readHistory} from '../transaction/history.ts';
import type {RollbackResult} from '../transaction/rollback.ts';
import type {RollbackPlan, RollbackWish} from './host.ts';
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
  inspectRollback(machine, request);
  const restored = (run?.paths ?? []).filter(
    (path) => !gone.includes(path) && edits.every((edit) => edit.path !== path),
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
    restored: restored.map((path) => ({
      path,
      diff: run === null || !withDiffs ? '' : diffOfRestored(machine, run, path),
    })),
    request,
  };
};

const diffOfRestored = (machine: Machine, {backups}: HistoryEntry, path: string): string => {
  const textAt = (file: string | undefined): string | null | undefined => {
    if (file === undefined || machine.stat(file)?.type !== 'file') return null;
    const bytes = machine.read(file);
    return bytes.includes(0) ? undefined : bytes.toString('utf8');
  };
  const [now, before] = [textAt(path), textAt(backups.find((one) => one.path === path)?.backup)];
  return now === undefined || before === undefined || now === before ? '' : renderDiff(path, now, before);
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
