import {either, literal, shape} from '../decode/decode.ts';
import {UsageError} from '../errors.ts';
import type {ImporterEntry} from '../exchange/importer.ts';
import {importers} from '../exchange/importers.ts';
import {type Finding, isBlocked} from '../findings/finding.ts';
import {decodeProfile, encodeProfile} from '../pipeline/profile-file.ts';
import {readValue} from '../profile/codec.ts';
import {absolutePath} from '../profile/scalars.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import {profileShape} from '../profile/profile-shape.ts';
import {createUserFile} from '../system/user-file.ts';
import {type Command, exitCodes} from './command.ts';
import {describeFindings} from './describe-finding.ts';
import {deviceNames} from './device-names.ts';
import {
  findingsShape,
  type Unreadable,
  type UnreadableDocument,
  unreadableDocument,
  unreadableShape,
} from './documents.ts';
import {mostProfileBytes, readUserText} from './load.ts';

type Options = {readonly out?: string; readonly home?: string};

type Made = {
  readonly kind: 'made';
  readonly profile: WrittenProfile;
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly saved: string | null;
};

type MadeDocument = {readonly version: 1; readonly profile: WrittenProfile; readonly findings: readonly Finding[]};
type Document = MadeDocument | UnreadableDocument;

export const importWith = (table: readonly ImporterEntry[]): Command<Options, Made | Unreadable, Document> => ({
  run: async ({options: {out = null, home = null}, positionals: [name = '', word = ''], host}) => {
    const entry = table.find((one) => one.name === name);
    if (entry === undefined)
      throw new UsageError(`${name} cannot be imported.`, `One of ${table.map((one) => one.name).join(', ')}.`);
    judgeHome(table, entry, home);
    const text = entry.source.isFile ? readUserText(word, mostProfileBytes) : null;
    const facts = await (await host()).facts();
    const imported = (await entry.load())(facts, {word, text, home});
    if (imported.profile === null) return {kind: 'unreadable', findings: imported.findings};
    const {profile: made, leftOut} = imported;
    const written = encodeProfile(made, deviceNames(facts, made));
    const {profile, findings} = decodeProfile(written, `import ${name}`);
    if (profile === null || isBlocked(findings)) {
      const [first] = findings;
      throw new UsageError(
        first?.message ?? `${word} makes no profile.`,
        first?.remedy ?? 'Write one with `vfio-pilot profile new`.',
      );
    }
    if (out !== null) createUserFile(out, written);
    return {kind: 'made', profile, text: written, findings: leftOut, saved: out};
  },
  exitCode: ({kind}) => (kind === 'made' ? exitCodes.done : exitCodes.usage),
  document: (result) =>
    result.kind === 'made'
      ? {version: 1, profile: result.profile, findings: result.findings}
      : unreadableDocument(result),
  shape: either<Document>(
    shape<MadeDocument>({version: literal(1), profile: profileShape, findings: findingsShape}),
    unreadableShape,
  ),
  describe: (result) => (result.kind === 'made' && result.saved === null ? result.text : ''),
  remark: (result, style) =>
    `${result.kind === 'made' && result.saved !== null ? `Saved ${result.saved}.\n` : ''}${result.findings.length === 0 ? '' : describeFindings(result.findings, style)}`,
});

const judgeHome = (table: readonly ImporterEntry[], entry: ImporterEntry, home: string | null): void => {
  if (home === null) return;
  if (!entry.hasHome)
    throw new UsageError(
      `--home is not for ${entry.name}, whose guests have no paths below a home.`,
      `Leave it out; it is for ${table.flatMap((one) => (one.hasHome ? [one.name] : [])).join(', ')}.`,
    );
  if (readValue(absolutePath, home) === null)
    throw new UsageError(
      `--home ${home} is no usable absolute path.`,
      'Write the home of the user who ran it, as in --home /home/NAME.',
    );
};

export const importProfile = importWith(importers);
