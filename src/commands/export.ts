import {either, listOf, literal, nullable, shape, text} from '../decode/decode.ts';
import {UsageError} from '../errors.ts';
import type {ExporterEntry, Section} from '../exchange/exporter.ts';
import {exporters} from '../exchange/exporters.ts';
import {type Finding, isBlocked} from '../findings/finding.ts';
import {type Command, exitCodes} from './command.ts';
import {describeFindings} from './describe-finding.ts';
import {
  findingsShape,
  type Unreadable,
  type UnreadableDocument,
  unreadableDocument,
  unreadableShape,
} from './documents.ts';
import {loadProfile} from './load.ts';

type Exported =
  | Unreadable
  | {
      readonly kind: 'exported';
      readonly format: string;
      readonly findings: readonly Finding[];
      /** Empty where the plan is blocked: lines that break a guest are not handed out. */
      readonly sections: readonly Section[];
    };

type Document =
  | UnreadableDocument
  | {
      readonly version: 1;
      readonly format: string;
      readonly findings: readonly Finding[];
      readonly sections: readonly Section[];
    };

export const exportWith = (table: readonly ExporterEntry[]): Command<unknown, Exported, Document> => ({
  run: async ({positionals: [name = '', path = ''], host}) => {
    const entry = table.find((one) => one.name === name);
    if (entry === undefined)
      throw new UsageError(`There is no export for ${name}.`, `One of ${table.map((one) => one.name).join(', ')}.`);
    const loaded = loadProfile(path);
    if (!loaded.isValid) return {kind: 'unreadable', findings: loaded.findings};
    const {facts, preview} = await (await host()).preview(loaded.profile, loaded.positionOf);
    const {findings} = preview;
    const sections = isBlocked(findings) ? [] : (await entry.load())(facts, preview);
    return {kind: 'exported', format: name, findings, sections};
  },
  exitCode: ({kind, findings}) =>
    kind === 'unreadable' ? exitCodes.usage : isBlocked(findings) ? exitCodes.blocked : exitCodes.done,
  document: (exported) =>
    exported.kind === 'unreadable'
      ? unreadableDocument(exported)
      : {version: 1, format: exported.format, findings: exported.findings, sections: exported.sections},
  shape: either<Document>(
    shape<Exclude<Document, UnreadableDocument>>({
      version: literal(1),
      format: text,
      findings: findingsShape,
      sections: listOf(shape<Section>({title: nullable(text), lines: listOf(text)})),
    }),
    unreadableShape,
  ),
  describe: (exported) =>
    exported.kind === 'unreadable'
      ? ''
      : exported.sections
          .map(({title, lines}) => `${title === null ? '' : `# ${title}\n`}${lines.join('\n')}\n`)
          .join('\n'),
  remark: ({findings}, style) => describeFindings(findings, style),
});

export const exportProfile = exportWith(exporters);
