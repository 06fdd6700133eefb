import {comesWithBoot} from '../changes/comes-with-boot.ts';
import {resolve} from 'node:path';
import {type Preview, previewChanges, previewTrial} from '../changes/preview.ts';
import {runChecks} from '../checks/run-checks.ts';
import {NoRightsError, NothingAppliedError, UsageError} from '../errors.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Host, RollbackPlan} from '../hosts/host.ts';
import {type AppliedRun, trialOf} from '../hosts/applied-run.ts';
import {phaseAfter} from '../plan/phase-after.ts';
import {planPassthrough} from '../pipeline/plan-passthrough.ts';
import {proposeProfile} from '../pipeline/propose-profile.ts';
import {keepWritten} from '../pipeline/keep-written.ts';
import {editProfile} from '../pipeline/profile-file.ts';
import {listUserFolder} from '../system/user-folder.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import type {ProgressEvent} from '../transaction/transaction.ts';
import type {CommandStyle} from '../ui/command-style.ts';
import type {
  ApplyProgress,
  MachineState,
  RollbackView,
  TrialServices,
  Preview as WizardPreview,
  WizardServices,
} from '../ui/services.ts';
import {readTicks, whatNext} from '../ui/what-next.ts';
import type {BaseContext, Style} from './command.ts';
import {deviceNames} from './device-names.ts';
import {openDrafts} from './keep-draft.ts';
import {describeLater, describeRest} from './rollback.ts';
import {freePath, readSavedProfiles, readTodo, saveProfile, saveText, saveTodo, todoPath} from './wizard-files.ts';
import {commandStyleOf, newTrialToken, refuseDuringTrial} from './writing.ts';

/** What the wizard can do, wired to the same functions that `plan` and `apply` use. */
export const createServices = async (
  context: Pick<BaseContext, 'demo' | 'style'>,
  host: Host,
): Promise<WizardServices> => {
  const facts = await host.facts();
  const look = await host.look();
  const commandStyle = commandStyleOf(host, context.style);
  const written = new Set<string>();
  let planned: RollbackPlan | null = null;
  const directory = context.demo !== null ? host.name : process.cwd();
  // Of the demo: what it saved itself, and what the person has here.
  const saved = [...new Set([directory, process.cwd()])].flatMap((one) => readSavedProfiles(facts, one));
  return {
    facts,
    machine: await readMachine(host, facts, {directory, commandStyle}),
    checks: runChecks(facts),
    savedProfiles: saved,
    drafts: openDrafts(host, facts, context.demo !== null),
    preview: (profile) => previewChanges(look(facts, profile), profile),
    judge: (profile) => planPassthrough(facts, profile),
    proposeProfile: (devices) => proposeProfile(facts, devices),
    saveTodo: (list) => saveTodo(todoPath(directory, list.profile, list.profilePath), list),
    saveText: (name, text) => saveText(freePath(process.cwd(), name, new Set()), text),
    asWritten: (profile, openedPath) => {
      const opened = saved.find(({path}) => path === openedPath);
      return opened === undefined ? profile : keepWritten(facts, opened.written, profile);
    },
    edit: (opened, profile) => editProfile(opened, profile, deviceNames(facts, profile)),
    saveProfile: (profile, path, replaces) => saveProfile(resolve(path), profile, {facts, replaces, written}),
    files: {
      findImages: async () => (await host.files()).findImages(),
      list: async (path, place) =>
        place === 'here' ? listUserFolder('/', resolve(path)) : (await host.files()).list(path),
      lookAt: async (path) => (await host.files()).lookAt(path),
    },
    apply: async (changes, plan, onProgress, signal) => {
      await refuseDuringTrial(host);
      const request = {preview: {plan, changes}, facts, trial: null};
      const {id} = await host.apply(request, describeSteps(onProgress), signal);
      return {id};
    },
    trial: host.isLive && host.mayWrite ? trialServices(host, facts) : null,
    verify: async () => {
      const run = await host.applied();
      return run === null ? [] : host.verify(run);
    },
    planRollback: async () => {
      planned = await host.planRollback({id: null, keepEdits: false, withDiffs: true});
      return viewOfRollback(planned);
    },
    rollback: async (onProgress, signal) => {
      if (planned === null) throw new UsageError('No rollback was planned.', 'Go back and choose it again.');
      const result = await host.rollback(planned, describeSteps(onProgress), signal);
      return {
        id: result.id,
        pathCount: result.paths.length,
        needsReboot: comesWithBoot(planned.plan),
        notes: linesOf(describeRest(planned, result)),
      };
    },
    isDemo: context.demo !== null,
    isDryRun: host.isDry,
    commandStyle,
    canApply: canApply(host, context.style),
    defaultProfilePath: (profile) => freePath(directory, `${profile.name}.yaml`, written),
  };
};

type Place = {readonly directory: string; readonly commandStyle: CommandStyle};

const readMachine = async (host: Host, facts: HostFacts, {directory, commandStyle}: Place): Promise<MachineState> => {
  const [run, runs] = await readRuns(host);
  if (runs === null) return {isReadable: false, reason: 'Only root can read what is set up on this machine.'};
  if (run === null) return {isReadable: true, applied: null, runs};
  const {entry, applied} = run;
  return {
    isReadable: true,
    runs,
    applied: {
      id: entry.id,
      profile: entry.profile,
      startedAt: entry.startedAt,
      guest: applied.isValid ? applied.value.plan.guest.name : null,
      nextPhase: applied.isValid ? phaseAfter(applied.value.plan) : null,
      isTrial: trialOf(run) !== null,
      pathCount: entry.paths.length,
      tasks: applied.isValid ? whatNext(facts, applied.value.plan, commandStyle) : [],
      done: readTicks(readTodo(todoPath(directory, entry.profile, null)) ?? '', entry.id),
    },
  };
};

const readRuns = async (
  host: Host,
): Promise<readonly [run: AppliedRun | null, runs: readonly HistoryEntry[] | null]> => {
  try {
    return [await host.applied(), await host.history()];
  } catch (error) {
    if (error instanceof NoRightsError) return [null, null];
    throw error;
  }
};

const viewOfRollback = ({run, undone, later, leftOut}: RollbackPlan): RollbackView => {
  if (run === null)
    throw new NothingAppliedError('Nothing is applied on this host any more.', 'There is nothing to roll back.');
  return {
    id: run.id,
    profile: run.profile,
    startedAt: run.startedAt,
    undone,
    notes: [...(leftOut === null ? [] : linesOf(leftOut)), ...describeLater(later)],
  };
};

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

const canApply = ({mayWrite}: Host, {typed}: Style): WizardServices['canApply'] =>
  mayWrite
    ? {ok: true}
    : {
        ok: false,
        label: 'read-only: not root',
        reason: `Writing to this machine needs root: save the profile, then run \`sudo ${typed('apply')}\` with it.`,
      };

const trialServices = (host: Host, facts: HostFacts): TrialServices => {
  const token = newTrialToken();
  const previewOf = ({plan, findings, changes}: WizardPreview): Preview | null =>
    plan === null ? null : previewTrial(facts, {plan, findings, changes}, token);
  return {
    preview: (permanent) => {
      const trial = previewOf(permanent);
      const obstacle = trial?.findings.find(({code, severity}) => severity === 'blocker' && code.startsWith('trial-'));
      return trial === null || obstacle !== undefined
        ? {reason: obstacle?.message.replace(/^[^:]*: /, '').replace(/\.$/, '') ?? 'the plan is not complete'}
        : {changes: trial.changes};
    },
    apply: async (permanent, onProgress, signal) => {
      const preview = previewOf(permanent);
      await refuseDuringTrial(host);
      if (preview === null) throw new UsageError('The plan is not complete.', 'Go back and complete it.');
      const {id} = await host.apply({preview, facts, trial: token}, describeSteps(onProgress), signal);
      return {id};
    },
  };
};

/** `win11.yaml`, else `win11-2.yaml` and so on: the second run in a folder meets the file of the first. */
const describeSteps =
  (onProgress: (progress: ApplyProgress) => void): ((event: ProgressEvent) => void) =>
  (event) => {
    if (event.kind === 'file' && (event.did === 'installed' || event.did === 'restored'))
      onProgress({kind: 'step', title: `${event.did} ${event.path}`});
    if (event.kind === 'command' && event.state !== 'ended')
      onProgress({
        kind: 'step',
        title: `${event.state === 'started' ? 'running' : 'not run:'} ${event.argv.join(' ')}`,
      });
    if (event.kind === 'output') onProgress({kind: 'output', lastLines: event.lines});
  };
