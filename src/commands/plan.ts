import {previewChanges} from '../changes/preview.ts';
import type {Preview} from '../changes/preview.ts';
import {isBlocked} from '../findings.ts';
import type {Finding} from '../findings.ts';
import {renderSavedPlan} from '../changes/saved-plan.ts';
import {worldOf} from '../changes/world.ts';
import type {HostFacts} from '../host/facts.ts';
import {createUserFile} from '../system/user-file.ts';
import {printable} from '../ui/printable.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeFindings} from './describe-finding.ts';
import {describePreview} from './describe-preview.ts';
import {loadProfile} from './load-profile.ts';
import {openHost} from './open-host.ts';
import {quoteForShell} from '../quote-for-shell.ts';

export const plan = async (context: CommandContext): Promise<number> => {
  const loaded = loadProfile(context.options.positionals[0]);
  if (!loaded.isValid) return refuseProfile(context, loaded.findings);
  const {facts} = await openHost(context);
  const preview = previewChanges(facts, loaded.profile, loaded.positionOf);
  showPreview(context, preview);
  if (isBlocked(preview.findings)) {
    if (context.options.out !== null) context.err('The plan is blocked, so it was not saved.\n');
    return exitCodes.blocked;
  }
  if (context.options.out !== null) savePlan(context, context.options.out, loaded.text, facts, preview);
  return context.options.hasExitCode && preview.changes.length > 0 ? exitCodes.changes : exitCodes.done;
};

/** For its owner only: the domain and boot files in it may hold passwords. */
const savePlan = (context: CommandContext, path: string, text: string, facts: HostFacts, {plan: decided, changes}: Preview): void => {
  const profile = {file: context.options.positionals[0] ?? '', text};
  createUserFile(path, renderSavedPlan(profile, worldOf(facts, decided, context.version), changes), 0o600);
  context.err(`Saved ${printable(path)}: \`vfio-pilot apply ${quoteForShell(path)}\` writes exactly this, or nothing.\n`);
};

export const refuseProfile = (context: CommandContext, findings: readonly Finding[]): number => {
  if (context.options.isJson) context.out(`${JSON.stringify({version: 1, findings, changes: []}, null, 2)}\n`);
  else context.err(describeFindings(findings, context.hasColor));
  return exitCodes.usage;
};

export const showPreview = (context: CommandContext, preview: Preview): void => {
  if (context.options.isJson) context.out(`${JSON.stringify(previewDocument(preview), null, 2)}\n`);
  else context.out(describePreview(preview, context.hasColor));
};

/** The contract of `plan --json`: kernel arguments as plain words, their reasons beside them. */
export const previewDocument = ({plan: decided, findings, changes}: Preview): unknown => ({
  version: 1,
  profile: decided.profile,
  findings,
  devices: decided.devices,
  binding: decided.binding,
  kernelArguments: {
    add: decided.kernelArguments.add.map((argument) => argument.text),
    remove: decided.kernelArguments.remove.map((argument) => argument.text),
  },
  pinning: decided.pinning,
  memory: decided.memory,
  isolation: decided.isolation,
  guest: decided.guest,
  ...(decided.handover === undefined ? {} : {handover: decided.handover}),
  decisions: decided.decisions,
  changes: changes.map(({path, kind, diff, why}) => ({path, kind, diff, why})),
});
