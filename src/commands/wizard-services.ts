import {readdirSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {previewChanges, previewTrial} from '../changes/preview.ts';
import type {Preview} from '../changes/preview.ts';
import {runChecks} from '../checks/run-checks.ts';
import {UsageError} from '../errors.ts';
import type {HostFacts} from '../host/facts.ts';
import {planPassthrough} from '../plan/plan-passthrough.ts';
import {proposeProfile} from '../plan/propose-profile.ts';
import {encodeProfile} from '../profile/encode-profile.ts';
import type {DeviceNames} from '../profile/encode-profile.ts';
import type {Profile} from '../profile/profile.ts';
import type {Machine} from '../system/machine.ts';
import type {Source} from '../system/source.ts';
import {createUserFile} from '../system/user-file.ts';
import type {ProgressEvent} from '../transaction/progress-event.ts';
import type {ApplyProgress, Preview as WizardPreview, SavedProfile, TrialServices, WizardServices} from '../ui/services.ts';
import {quoteForShell} from '../quote-for-shell.ts';
import type {CommandStyle} from '../ui/told-command.ts';
import {applyPreview} from './apply-preview.ts';
import {newTrialToken, refuseDuringTrial, startTrial} from './apply-trial.ts';
import type {CommandContext} from './context.ts';
import {loadProfile} from './load-profile.ts';

type Host = {readonly facts: HostFacts; readonly source: Source; readonly machine: Machine | null; readonly root: string};

/** What the wizard can do, wired to the same functions that `plan` and `apply` use. */
export const createServices = (context: CommandContext, {facts, source, machine, root}: Host): WizardServices => {
  const names = Object.fromEntries(facts.pci.flatMap((device) => (device.name === null ? [] : [[device.address, device.name]])));
  const directory = context.options.isDemo ? root : process.cwd();
  return {
    facts,
    checks: runChecks(facts),
    savedProfiles: readSavedProfiles(process.cwd()),
    preview: (profile) => previewChanges(facts, profile),
    judge: (profile) => planPassthrough(facts, profile),
    proposeProfile: (devices) => proposeProfile(facts, devices),
    saveProfile: (profile, path) => saveProfile(resolve(path), profile, names),
    apply: async (changes, plan, onProgress, signal) => {
      if (machine === null) throw new UsageError('Writing to this machine needs root.', 'Run the wizard with sudo.');
      refuseDuringTrial(machine);
      const {id} = await applyPreview({machine, source, facts}, {plan, changes}, context.version, describeSteps(onProgress), signal);
      return {id};
    },
    trial: machine?.isLive === true ? trialServices(context, {facts, source}, machine) : null,
    isDemo: context.options.isDemo,
    commandStyle: commandStyleOf(root),
    canApply: machine === null ? {ok: false, reason: `${context.options.isDryRun ? 'This is a dry run' : 'Writing to this machine needs root'}: save the profile, then run \`sudo vfio-pilot apply\` with it.`} : {ok: true},
    defaultProfilePath: (profile) => join(directory, `${profile.name}.yaml`),
  };
};

const trialServices = (context: CommandContext, {facts, source}: Pick<Host, 'facts' | 'source'>, machine: Machine): TrialServices => {
  const token = newTrialToken();
  const previewOf = ({plan, findings, changes}: WizardPreview): Preview | null => (plan === null ? null : previewTrial(facts, {plan, findings, changes}, token));
  return {
    preview: (permanent) => {
      const trial = previewOf(permanent);
      const obstacle = trial?.findings.find(({code, severity}) => severity === 'blocker' && code.startsWith('trial-'));
      return trial === null || obstacle !== undefined ? {reason: obstacle?.message.replace(/^[^:]*: /, '').replace(/\.$/, '') ?? 'the plan is not complete'} : {changes: trial.changes};
    },
    apply: async (permanent, onProgress, signal) => {
      const preview = previewOf(permanent);
      refuseDuringTrial(machine);
      if (preview === null) throw new UsageError('The plan is not complete.', 'Go back and complete it.');
      const id = await startTrial(machine, {source, facts, preview, token}, context.version, describeSteps(onProgress), signal);
      return {id};
    },
  };
};

/** A user who is root without sudo may not have it installed; another root is the user's own. */
const commandStyleOf = (root: string): CommandStyle => {
  const isRootAlready = process.geteuid?.() === 0 && process.env['SUDO_UID'] === undefined;
  return root === '/' ? {sudo: isRootAlready ? '' : 'sudo ', flags: ''} : {sudo: '', flags: ` --root ${quoteForShell(root)}`};
};

const saveProfile = (path: string, profile: Profile, names: DeviceNames): ReturnType<WizardServices['saveProfile']> => {
  try {
    if (!holds(path, profile)) createUserFile(path, encodeProfile(profile, names));
    return {path};
  } catch (error) {
    if (error instanceof UsageError) return {problem: error.message};
    throw error;
  }
};

/** A profile that was opened and not changed is saved already, with the comments of its author. */
const holds = (path: string, profile: Profile): boolean => {
  try {
    return statSync(path).isFile() && isDeepStrictEqual(readProfile(path)[0]?.profile, profile);
  } catch {
    return false;
  }
};

const describeSteps = (onProgress: (progress: ApplyProgress) => void): ((event: ProgressEvent) => void) => (event) => {
  if (event.kind === 'file' && (event.did === 'installed' || event.did === 'restored')) onProgress({kind: 'step', title: `${event.did} ${event.path}`});
  if (event.kind === 'command' && event.state !== 'ended') onProgress({kind: 'step', title: `${event.state === 'started' ? 'running' : 'not run:'} ${event.argv.join(' ')}`});
  if (event.kind === 'output') onProgress({kind: 'output', lastLines: event.lines});
};

/** Profiles in the directory that the user is in, where the wizard saves them. */
const readSavedProfiles = (directory: string): readonly SavedProfile[] => {
  try {
    const files = readdirSync(directory, {withFileTypes: true}).filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name));
    return files.slice(0, 50).flatMap((entry) => readProfile(join(directory, entry.name)));
  } catch {
    return [];
  }
};

const readProfile = (path: string): readonly SavedProfile[] => {
  try {
    const loaded = loadProfile(path);
    return loaded.isValid ? [{path, profile: loaded.profile}] : [];
  } catch {
    return [];
  }
};
