import {listOf, literal, nullable, optional, shape} from '../decode/decode.ts';
import {UsageError} from '../errors.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {cpuShape, nodeShape} from '../facts/shapes/facts-document.ts';
import type {Finding} from '../findings/finding.ts';
import {planMembers} from '../plan/decode-plan.ts';
import type {Plan} from '../plan/plan.ts';
import {createUserFile} from '../system/user-file.ts';
import {renderTopologySvg} from '../topology/topology-svg.ts';
import {describeTopology, renderTopologyText} from '../topology/topology-text.ts';
import {type Command, type Context, exitCodes} from './command.ts';
import {describeFindings} from './describe-finding.ts';
import {findingsShape} from './documents.ts';
import {loadProfile} from './load.ts';
import {mapOf} from './map-of.ts';

type Options = {readonly profile?: string; readonly svg?: string};

type Mapped = {
  readonly facts: HostFacts;
  readonly plan: Plan | null;
  readonly findings: readonly Finding[];
  /** Where the picture was saved. */
  readonly svg: string | null;
};

type Document = Pick<HostFacts, 'cpu' | 'nodes'> & {
  readonly version: 1;
  readonly pinning: Plan['pinning'] | null;
  /** With a profile. */
  readonly findings?: readonly Finding[];
};

export const topology: Command<Options, Mapped, Document> = {
  run: async (context) => {
    const {options} = context;
    const read = await readMap(context);
    const {svg = null} = options;
    if (svg !== null) createUserFile(svg, renderTopologySvg(mapOf(read)));
    return {...read, svg};
  },
  exitCode: () => exitCodes.done,
  document: ({facts, plan, findings}) => ({
    version: 1,
    cpu: facts.cpu,
    nodes: facts.nodes,
    pinning: plan?.pinning ?? null,
    ...(plan === null ? {} : {findings}),
  }),
  shape: shape<Document>({
    version: literal(1),
    cpu: cpuShape,
    nodes: listOf(nodeShape),
    pinning: nullable(planMembers.pinning),
    findings: optional(findingsShape),
  }),
  isCompact: true,
  describe: (mapped, {hasColor, columns}) =>
    mapped.svg === null
      ? renderTopologyText(describeTopology({...mapOf(mapped), columns: Math.max(40, columns)}), {color: hasColor})
      : '',
  remark: ({findings, svg}, style) => `${describeFindings(findings, style)}${svg === null ? '' : `Saved ${svg}.\n`}`,
};

const readMap = async ({options, host, style, note}: Context<Options>): Promise<Omit<Mapped, 'svg'>> => {
  if (options.profile === undefined) return {facts: await (await host()).facts(), plan: null, findings: []};
  const loaded = loadProfile(options.profile);
  if (!loaded.isValid) {
    note(describeFindings(loaded.findings, style));
    throw new UsageError(`${options.profile} is not a usable profile.`, 'Correct what is listed above.');
  }
  const {facts, preview} = await (await host()).preview(loaded.profile, loaded.positionOf);
  return {facts, plan: preview.plan, findings: preview.findings};
};
