import {renderLateEntries, restoredLine} from '../artifacts/chains/late-entries.ts';
import {goneGrubEntries, lateGrubEntries} from '../artifacts/chains/late-grub-entries.ts';
import type {LateGrubEntry} from '../artifacts/chains/late-grub-entries.ts';
import {systemImages} from '../artifacts/chains/system-images.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import {renderPresentImages} from '../artifacts/initramfs/present-images.ts';
import {fingerprintOf} from '../changes/compare-artifacts.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {Machine} from '../system/machine.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import type {RollbackRequest} from '../transaction/rollback.ts';

export type LaterKernels = {
  readonly request: Required<Omit<RollbackRequest, 'id' | 'edits'>>;
  /** What kernel-install gives to an entry that it writes anew; `null` where these would be ours. */
  readonly line: string | null;
  /** Entries of GRUB that have some of our arguments, of which nobody can tell where they are from. */
  readonly left: readonly LateGrubEntry[];
  /** Images of the system that it has made anew since, with our files in them, where nothing that works is written over by us. */
  readonly images: readonly string[];
};

/** A kernel that was installed since has what was applied in its image and in its boot entry; one that was removed took its entry along. */
export const readLaterKernels = (machine: Machine, facts: HostFacts, plan: Plan, {backups, startedAt}: HistoryEntry): LaterKernels => {
  const textOf = (backup: string): string => machine.read(backup).toString('utf8');
  const backup = backups.find(({path}) => path === kernelCommandLinePath)?.backup;
  const line = restoredLine(facts, plan, backup === undefined ? null : textOf(backup));
  const late = line === null ? {images: [], commands: []} : renderLateEntries(facts, plan, line);
  const edited = backups.filter(({path}) => path.startsWith('/boot/loader/entries/')).map((one) => ({path: one.path, before: textOf(one.backup)}));
  const ofGrub = lateGrubEntries(facts, plan, edited);
  const texts = ofGrub.flatMap(({file, text}) => (text === null ? [] : [{path: file.path, expected: fingerprintOf(file), text, encoding: file.encoding}]));
  return {
    request: {entries: late.commands, images: [...renderPresentImages(facts, plan), ...late.images], texts, gone: goneGrubEntries(facts, edited)},
    line,
    left: ofGrub.filter(({text}) => text === null),
    images: systemImages(facts, plan).filter((path) => (machine.stat(path)?.changedMs ?? 0) > Date.parse(startedAt)),
  };
};
