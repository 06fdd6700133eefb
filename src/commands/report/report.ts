import type {Preview} from '../../changes/preview.ts';
import {listOf, literal, nullable, shape, text, wordOf} from '../../decode/decode.ts';
import {NoRightsError, UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Host} from '../../hosts/host.ts';
import {createUserFile} from '../../system/user-file.ts';
import {renderTopologySvg} from '../../topology/topology-svg.ts';
import {needsReboot} from '../../verify/verify-plan.ts';
import {printable} from '../../words/printable.ts';
import {type Command, type Context, exitCodes} from '../command.ts';
import {describeFindings} from '../describe-finding.ts';
import {loadProfile} from '../load.ts';
import {mapOf} from '../map-of.ts';
import {planVerdict} from '../verdict.ts';
import {hostPage, type RunState} from './host-page.ts';
import {renderHtml} from './render-html.ts';
import {renderMarkdown} from './render-markdown.ts';
import {mapTexts, type Page} from './report-page.ts';

type Options = {readonly profile?: string};

type Format = 'markdown' | 'html';

type Written = {
  readonly file: string;
  readonly format: Format;
  readonly sections: readonly string[];
  /** Why it says nothing of applied runs; `null` where it does. */
  readonly leftOut: string | null;
};

type Document = Written & {readonly version: 1};

const renderers: Readonly<Record<Format, (page: Page) => string>> = {markdown: renderMarkdown, html: renderHtml};

export const report: Command<Options, Written, Document> = {
  run: async (context) => {
    const {
      positionals: [file = ''],
      options,
      version,
    } = context;
    const format = formatOf(file);
    const host = await context.host();
    const {facts, planned} = await readPlanned(context, host, options.profile ?? null);
    const state = await readState(host);
    const picture = renderTopologySvg(mapOf({facts, plan: planned?.preview.plan ?? null}));
    const page = hostPage({version, facts, planned, state, picture});
    const scrub = await host.scrub();
    const clean = mapTexts(page, (one) => scrub(one).split('\n').map(printable).join('\n'));
    createUserFile(file, renderers[format](clean), 0o600);
    return {
      file,
      format,
      sections: clean.sections.map(({title}) => title),
      leftOut: state.isReadable ? null : state.reason,
    };
  },
  exitCode: () => exitCodes.done,
  document: (written) => ({version: 1, ...written}),
  shape: shape<Document>({
    version: literal(1),
    file: text,
    format: wordOf<Format>({markdown: true, html: true}),
    sections: listOf(text),
    leftOut: nullable(text),
  }),
  describe: ({file}) =>
    `Wrote ${printable(file)}; serial numbers, MAC and network addresses, UUIDs, passwords and the host name are replaced. Read it before you publish it.\n`,
  remark: ({leftOut}) => (leftOut === null ? '' : `${leftOut}\n`),
};

const formatOf = (file: string): Format => {
  if (file.endsWith('.md')) return 'markdown';
  if (file.endsWith('.html')) return 'html';
  throw new UsageError(
    `${file} ends neither in .md nor in .html.`,
    'Write report.md for a forum, or report.html for a page with the map as a picture.',
  );
};

type Planned = {readonly preview: Preview; readonly verdict: string};

const readPlanned = async (
  {note, style}: Context<Options>,
  host: Host,
  path: string | null,
): Promise<{readonly facts: HostFacts; readonly planned: Planned | null}> => {
  if (path === null) return {facts: await host.facts(), planned: null};
  const loaded = loadProfile(path);
  if (!loaded.isValid) {
    note(describeFindings(loaded.findings, style));
    throw new UsageError(`${path} is not a usable profile.`, 'Correct what is listed above.');
  }
  const {facts, preview} = await host.preview(loaded.profile, loaded.positionOf);
  const plain = {typed: (command: string) => `vfio-pilot ${command}`, flags: '', isRemote: false};
  const verdict = planVerdict({preview, needsReboot: needsReboot(facts, preview.plan, null), file: 'PROFILE'}, plain);
  return {facts, planned: {preview, verdict}};
};

const readState = async (host: Host): Promise<RunState> => {
  try {
    const [runs, applied] = [await host.history(), await host.applied()];
    return {isReadable: true, runs, promises: applied === null ? [] : await host.verify(applied)};
  } catch (error) {
    if (!(error instanceof NoRightsError)) throw error;
    return {
      isReadable: false,
      reason: 'It says nothing of what is applied: only root can read the journals. Run it with sudo for that.',
    };
  }
};
