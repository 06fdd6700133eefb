import {previewChanges} from '../changes/preview.ts';
import type {Preview} from '../changes/preview.ts';
import {isBlocked} from '../findings.ts';
import type {Finding} from '../findings.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeFindings} from './describe-finding.ts';
import {describePreview} from './describe-preview.ts';
import {loadProfile} from './load-profile.ts';
import {openHost} from './open-host.ts';

export const plan = async (context: CommandContext): Promise<number> => {
  const loaded = loadProfile(context.options.positionals[0]);
  if (!loaded.isValid) return refuseProfile(context, loaded.findings);
  const {facts} = await openHost(context);
  const preview = previewChanges(facts, loaded.profile, loaded.positionOf);
  showPreview(context, preview);
  if (isBlocked(preview.findings)) return exitCodes.blocked;
  return context.options.hasExitCode && preview.changes.length > 0 ? exitCodes.changes : exitCodes.done;
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
  decisions: decided.decisions,
  changes: changes.map(({path, kind, diff, why}) => ({path, kind, diff, why})),
});
