import {integer, listOf, literal, nullable, shape, text, wordOf} from '../../decode/decode.ts';
import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {findingCode} from '../../facts/shapes/facts-document.ts';
import {
  type Difference,
  type FleetReport,
  type Kind,
  type OddHost,
  openFleet,
  type ProfileReport,
} from '../../fleet/fleet.ts';
import {mapTraits, modelOf, type TraitName} from '../../fleet/traits.ts';
import type {WrittenProfile} from '../../profile/profile.ts';
import {createUserFile} from '../../system/user-file.ts';
import {renderTopologySvg} from '../../topology/topology-svg.ts';
import {printable} from '../../words/printable.ts';
import {type Command, type Context, exitCodes} from '../command.ts';
import {describeFindings} from '../describe-finding.ts';
import {loadProfile} from '../load.ts';
import {mapOf} from '../map-of.ts';
import {renderHtml} from '../report/render-html.ts';
import {mapTexts} from '../report/report-page.ts';
import {fleetCsv, fleetPage, fleetText, type Picture, type Unread} from './fleet-texts.ts';
import {readHosts} from './read-hosts.ts';

type Options = {readonly fit?: readonly string[]; readonly csv?: string; readonly html?: string};

type Reported = {readonly report: FleetReport; readonly unread: readonly Unread[]; readonly saved: readonly string[]};

type Document = Pick<FleetReport, 'hosts' | 'kinds' | 'odd' | 'profiles'> & {
  readonly version: 1;
  readonly unread: readonly Unread[];
  /** Files that were written. */
  readonly saved: readonly string[];
};

/** A page with more pictures than this is too large to be read. */
const mostPictures = 20;

/** The map of the first host of a model that was read; as text at once, so that no facts are kept. */
const addPicture = (pictures: Map<string, Picture>, host: string, facts: HostFacts): void => {
  const model = modelOf(facts);
  if (pictures.size < mostPictures && !pictures.has(model))
    pictures.set(model, {host, svg: renderTopologySvg(mapOf({facts, plan: null}), `map-${pictures.size + 1}`)});
};

const trait = wordOf<TraitName>(mapTraits(() => true));

export const fleetReport: Command<Options, Reported, Document> = {
  run: async (context) => {
    const {positionals, options, version} = context;
    const profiles = (options.fit ?? []).map((path) => load(context, path));
    const fleet = openFleet(profiles);
    const unread: Unread[] = [];
    const pictures = new Map<string, Picture>();
    for await (const host of readHosts(positionals)) {
      if (context.signal.aborted) break;
      if (host.kind === 'host') {
        fleet.add(host.name, host.facts, host.hasFiles);
        if (options.html !== undefined) addPicture(pictures, host.name, host.facts);
      } else unread.push({host: host.name, problem: host.problem});
    }
    const report = fleet.report();
    if (report.hosts === 0)
      throw new UsageError(
        unread[0] === undefined
          ? 'No host could be read.'
          : `No host could be read; ${unread[0].host}: ${unread[0].problem}`,
        'Give a directory with documents of `vfio-pilot facts --json`, or with captures.',
      );
    const {csv, html} = options;
    if (csv !== undefined)
      createUserFile(
        csv,
        fleetCsv(
          report.lines(),
          profiles.map(({name}) => name),
        ),
      );
    if (html !== undefined)
      createUserFile(html, renderHtml(mapTexts(fleetPage(report, unread, pictures, version), printable)));
    return {report, unread, saved: [csv, html].filter((file) => file !== undefined)};
  },
  exitCode: () => exitCodes.done,
  document: ({report: {hosts, kinds, odd, profiles}, unread, saved}) => ({
    version: 1,
    hosts,
    kinds,
    odd,
    profiles,
    unread,
    saved,
  }),
  shape: shape<Document>({
    version: literal(1),
    hosts: integer,
    kinds: listOf(
      shape<Kind>({model: text, count: integer, usual: shape<Kind['usual']>(mapTraits(() => nullable(text)))}),
    ),
    odd: listOf(
      shape<OddHost>({
        host: text,
        model: text,
        differences: listOf(shape<Difference>({trait, value: text, usual: text})),
      }),
    ),
    profiles: listOf(
      shape<ProfileReport>({
        profile: text,
        fits: integer,
        blocked: integer,
        differs: integer,
        blockedBy: listOf(shape<ProfileReport['blockedBy'][number]>({code: findingCode, count: integer})),
      }),
    ),
    unread: listOf(shape<Unread>({host: text, problem: text})),
    saved: listOf(text),
  }),
  describe: ({report, unread}) =>
    fleetText(report, unread)
      .map((line) => `${printable(line)}\n`)
      .join(''),
  remark: ({saved}) => saved.map((file) => `Saved ${printable(file)}.\n`).join(''),
};

const load = ({note, style}: Context<Options>, path: string): WrittenProfile => {
  const loaded = loadProfile(path);
  if (loaded.isValid) return loaded.profile;
  note(describeFindings(loaded.findings, style));
  throw new UsageError(`${path} is not a usable profile.`, 'Correct what is listed above.');
};
