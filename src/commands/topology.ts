import {UsageError} from '../errors.ts';
import {previewChanges} from '../changes/preview.ts';
import type {Plan} from '../plan/plan.ts';
import {createUserFile} from '../system/user-file.ts';
import {describeTopology} from '../topology/describe-topology.ts';
import {renderTopologySvg} from '../topology/topology-svg.ts';
import {renderTopologyText} from '../topology/topology-text.ts';
import type {HostFacts} from '../host/facts.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeFindings} from './describe-finding.ts';
import {loadProfile} from './load-profile.ts';
import {openHost} from './open-host.ts';

export const topology = async (context: CommandContext): Promise<number> => {
  const {facts} = await openHost(context);
  const {options} = context;
  const plan = options.profile === null ? null : planOf(context, facts, options.profile);
  const map = {facts, pinning: plan?.pinning ?? null, memory: plan?.memory ?? null, deviceAddresses: plan?.devices.map((device) => device.address) ?? []};
  if (options.svg !== null) {
    createUserFile(options.svg, renderTopologySvg(map));
    context.err(`Saved ${options.svg}.\n`);
  }
  if (options.isJson) context.out(`${JSON.stringify({version: 1, cpu: facts.cpu, nodes: facts.nodes, pinning: map.pinning})}\n`);
  else if (options.svg === null) context.out(renderTopologyText(describeTopology({...map, columns: Math.max(40, context.columns)}), {color: context.hasColor}));
  return exitCodes.done;
};

const planOf = (context: CommandContext, facts: HostFacts, path: string): Plan => {
  const loaded = loadProfile(path);
  if (!loaded.isValid) {
    context.err(describeFindings(loaded.findings, context.hasColor));
    throw new UsageError(`${path} is not a usable profile.`, 'Correct what is listed above.');
  }
  const preview = previewChanges(facts, loaded.profile, loaded.positionOf);
  context.err(describeFindings(preview.findings, context.hasColor));
  return preview.plan;
};
