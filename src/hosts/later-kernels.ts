import {imageSystem} from '../image/systems.ts';
import {type LateGrubEntry, nothingLater} from '../boot/boot-chain.ts';
import {imageMakerOf, writerOf} from '../boot/chains.ts';
import {kernelCommandLinePath, restoredLine} from '../boot/command-line/kernel-cmdline-file.ts';
import {fingerprintOf} from '../changes/compare-artifacts.ts';
import type {InitramfsSystem} from '../facts/boot.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {renderPresentImages} from '../image/image-system.ts';
import type {Plan} from '../plan/plan.ts';
import type {Machine} from '../system/machine.ts';
import {type HistoryEntry, readPlanText} from '../transaction/history.ts';
import type {RollbackRequest} from '../transaction/rollback.ts';
import {messageOf} from '../transaction/transaction.ts';
import {decodeAppliedPlan} from '../verify/promise.ts';

export type LaterKernels = {
  readonly request: Required<Omit<RollbackRequest, 'id' | 'edits'>>;
  /** What kernel-install gives to an entry that it writes anew; `null` where these would be ours. */
  readonly line: string | null;
  /** Entries of GRUB that have some of our arguments, whose origin is unknown. */
  readonly left: readonly LateGrubEntry[];
  /** Images of the system that it has made anew since, with our files in them, where nothing that works is written over by us. */
  readonly images: readonly string[];
};

/** What is known of later kernels; where nothing is, `problem` says why, and the run is undone without them. */
export type LaterLook =
  | {readonly plan: Plan; readonly later: LaterKernels; readonly problem: null}
  | {readonly plan: null; readonly later: null; readonly problem: string};

/**
 * The extras of a rollback need the plan of that run and today's renderers; the rollback itself needs neither. So whatever
 * goes wrong here (a plan of another version, a renderer that does not expect it) costs the extras and nothing else.
 */
export const lookForLaterKernels = async (
  machine: Machine,
  run: HistoryEntry,
  readFacts: () => Promise<HostFacts>,
): Promise<LaterLook> => {
  const applied = decodeAppliedPlan(readPlanText(machine, run.id));
  if (!applied.isValid)
    return {plan: null, later: null, problem: `${run.journal}/plan.json cannot be used: ${applied.problem}`};
  const {plan} = applied.value;
  try {
    return {plan, later: readLaterKernels(machine, await readFacts(), plan, run), problem: null};
  } catch (error) {
    return {plan: null, later: null, problem: messageOf(error)};
  }
};

/** What a person does instead, in the words of this distribution where its program is known. */
export const describeLeftOut = (
  problem: string,
  {startedAt}: HistoryEntry,
  initramfs: InitramfsSystem | null,
): string =>
  `Kernels that were installed after ${startedAt} are left out: ${problem}.\nIf there are any, make their images anew after the rollback (${initramfs === null ? "your distribution's program for the initramfs" : (imageSystem(initramfs)?.remake ?? initramfs)}) and look for the arguments in their boot entries.\n`;

/** A kernel that was installed since has what was applied in its image and in its boot entry; one that was removed took its entry along. */
export const readLaterKernels = (
  machine: Machine,
  facts: HostFacts,
  plan: Plan,
  {backups, startedAt}: HistoryEntry,
): LaterKernels => {
  const textOf = (backup: string): string => machine.read(backup).toString('utf8');
  const backup = backups.find(({path}) => path === kernelCommandLinePath)?.backup;
  const line = restoredLine(facts, plan, backup === undefined ? null : textOf(backup));
  const writer = writerOf(facts.boot);
  const maker = imageMakerOf(facts.boot, plan.initramfs);
  const later = writer?.later ?? nothingLater;
  const late = line === null ? {images: [], commands: []} : later.takeBack(facts, plan, line, maker);
  const edited = backups
    .filter(({path}) => path.startsWith('/boot/loader/entries/'))
    .map((one) => ({path: one.path, before: textOf(one.backup)}));
  const entries = later.compareEntries(facts, plan, edited);
  const texts = entries.late.flatMap(({file, text}) =>
    text === null ? [] : [{path: file.path, expected: fingerprintOf(file), text, encoding: file.encoding}],
  );
  return {
    request: {
      entries: late.commands,
      images: [...renderPresentImages(facts, plan, writer?.makesImagePerEntry === true ? null : maker), ...late.images],
      texts,
      gone: entries.gone,
    },
    line,
    left: entries.late.filter(({text}) => text === null),
    images: later
      .images(facts, plan, maker)
      .filter((path) => (machine.stat(path)?.changedMs ?? 0) > Date.parse(startedAt)),
  };
};
