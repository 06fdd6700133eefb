import {geteuid} from 'node:process';
import {NoRightsError} from '../errors.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Machine} from '../system/machine.ts';
import {openSource, type Source} from '../system/source.ts';
import {journalFile, journalRoot, stateDirectory} from '../system/state-directory.ts';
import {readBootId} from './boot-id.ts';
import type {Host} from './host.ts';

export type Parts = {
  readonly name: string;
  readonly isLive: boolean;
  readonly isDry: boolean;
  readonly mayWrite: boolean;
  readonly toolVersion: string;
  /** The way to write; asked for when it is needed first. */
  readonly machine: () => Promise<Machine>;
  readonly source: () => Promise<Source>;
  /** The way to read, which most of the program hangs from: the wizard draws its first frame without it. */
  readonly reader: () => Promise<(source: Source) => HostFacts>;
};

/**
 * This machine, or a tree on it. Programs that know facts (virsh, zpool) are asked on this machine only, never about
 * another root. What writes is loaded by the commands that write.
 */
export const openHere = (root: string, toolVersion: string, isDry: boolean): Host => {
  const isLive = root === '/';
  return hostOf({
    name: root,
    isLive,
    isDry,
    mayWrite: !isLive || geteuid?.() === 0,
    toolVersion,
    machine: once(async () => {
      const {realMachine} = await import('../system/real-machine.ts');
      if (!isDry) return realMachine(root);
      const {dryRunMachine} = await import('../system/dry-run-machine.ts');
      const [{dryQm}, {dryVirsh}] = await Promise.all([import('./dry-qm.ts'), import('./dry-virsh.ts')]);
      return dryRunMachine(realMachine(root), isLive ? {qm: dryQm, virsh: dryVirsh} : {});
    }),
    source: async () => openSource(root, isLive ? (await import('../system/run-program.ts')).readOnlyRunner : null),
    reader: async () => (await import('../host/read-host.ts')).readHost,
  });
};

const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | null = null;
  return () => (made ??= make());
};

/** All of them: what is applied is known by the newest. */
const mayReadJournals = (source: Source): boolean => {
  if (source.stat(stateDirectory) === null) return true;
  const files = source.list(journalRoot).map(journalFile);
  for (const file of files) source.head(file);
  return ![journalRoot, ...files].some((path) => source.denied.has(path));
};

/** The host of these parts, in this process. */
export const hostOf = (parts: Parts): Host => {
  const {name, isLive, isDry, mayWrite, toolVersion, source, reader} = parts;
  const machine = async (): Promise<Machine> => {
    if (mayWrite) return parts.machine();
    throw new NoRightsError(
      'Only root can write to this machine.',
      'Run it again with sudo. `vfio-pilot plan` shows everything without.',
    );
  };
  /** For reading: an ordinary user knows that there are no journals, and may read those that somebody opened up. */
  const journals = async (): Promise<Machine> => {
    if (mayWrite || mayReadJournals(await source())) return parts.machine();
    throw new NoRightsError(
      `Something was set up on this machine, and only root can read its journals in ${journalRoot}.`,
      'Run it again with sudo.',
    );
  };
  const readFrom = async (from: Source): Promise<HostFacts> => (await reader())(from);
  const facts = async (): Promise<HostFacts> => readFrom(await source());
  return {
    name,
    isLive,
    isDry,
    mayWrite,
    facts,
    groupOutline: async () => (await import('../host/read-groups.ts')).readGroupOutline(await source()),
    groups: async () => (await import('../host/read-groups.ts')).readGroups(await source()),
    preview: async (profile, positionOf) => {
      const {previewChanges} = await import('../changes/preview.ts');
      const {lookAt} = await import('./look-at.ts');
      const read = lookAt(await source(), await facts(), profile);
      return {facts: read, preview: previewChanges(read, profile, positionOf)};
    },
    files: async () => (await import('./host-files.ts')).openFiles(await source()),
    look: async () => {
      const {lookAt} = await import('./look-at.ts');
      const from = await source();
      return (read, profile) => lookAt(from, read, profile);
    },
    capture: async (file) => (await import('../capture/write-capture.ts')).writeCapture(await source(), file),
    scrub: async () => (await import('../capture/capture-files.ts')).scrubberOf(await source()).published,
    history: async () => (await import('../transaction/history.ts')).readHistory(await journals()),
    unreadable: async () => (await import('../transaction/runs.ts')).readRuns(await journals()).unreadable,
    measureRuns: async () => (await import('../transaction/prune.ts')).measureRuns(await journals()),
    pruneRuns: async () => (await import('../transaction/prune.ts')).pruneRuns(await machine()),
    interrupted: async () => (await import('../transaction/recover.ts')).findInterrupted(await journals()),
    applied: async () => (await import('./applied-run.ts')).readAppliedRun(await journals()),
    appliedTo: async (guest) => (await import('./applied-run.ts')).readRunOf(await journals(), guest),
    guestLog: async (guest) => {
      const {readGuestLog} = await import('./guest-log.ts');
      const from = await source();
      return readGuestLog(from, await readFrom(from), guest);
    },
    awaitsReboot: async (read) => {
      const from = await source();
      if (!mayWrite && !mayReadJournals(from)) return null;
      const {runAwaitsReboot} = await import('./verify-run.ts');
      return runAwaitsReboot(await journals(), read, readBootId(from));
    },
    verify: async (run) => {
      const {verifyRun} = await import('./verify-run.ts');
      const from = await source();
      return verifyRun(await journals(), run, from, await readFrom(from));
    },
    verifyPlan: async (plan) => {
      const {verifyPlanOnly} = await import('./verify-run.ts');
      const from = await source();
      return verifyPlanOnly(plan, from, await readFrom(from));
    },
    recover: async (options, events) => {
      const {recover} = await import('./recover.ts');
      return recover(await machine(), options, events);
    },
    apply: async (request, events, signal) => {
      const {refuseScripted} = await import('./refuse-scripted.ts');
      refuseScripted(request.preview.plan);
      const {applyChanges} = await import('./transactions.ts');
      const {applyRequest} = await import('./apply-request.ts');
      const from = await source();
      const read = await reader();
      const reading = {bootId: readBootId(from), readFacts: () => read(from), toolVersion};
      return applyChanges(await machine(), applyRequest(request, reading), events, signal);
    },
    planRollback: async (wish) => (await import('./plan-rollback.ts')).planRollback(await machine(), facts, wish),
    rollback: async (planned, events, signal) => {
      const {rollback} = await import('./transactions.ts');
      const {readLateEntries} = await import('./plan-rollback.ts');
      const result = await rollback(await machine(), planned.request, events, signal);
      return {...result, late: await readLateEntries(planned, result, facts)};
    },
  };
};
