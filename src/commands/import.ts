import {literal, shape} from '../decode/decode.ts';
import {UsageError} from '../errors.ts';
import type {ImporterEntry} from '../exchange/importer.ts';
import {importers} from '../exchange/importers.ts';
import {type Finding, isBlocked} from '../findings/finding.ts';
import {decodeProfile, encodeProfile} from '../pipeline/profile-file.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import {profileShape} from '../profile/profile-shape.ts';
import {createUserFile} from '../system/user-file.ts';
import {type Command, exitCodes} from './command.ts';
import {describeFindings} from './describe-finding.ts';
import {deviceNames} from './device-names.ts';
import {findingsShape} from './documents.ts';
import {mostProfileBytes, readUserText} from './load.ts';

type Options = {readonly out?: string};

type Imported = {
  readonly profile: WrittenProfile;
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly saved: string | null;
};

type Document = {readonly version: 1; readonly profile: WrittenProfile; readonly findings: readonly Finding[]};

export const importWith = (table: readonly ImporterEntry[]): Command<Options, Imported, Document> => ({
  run: async ({options: {out = null}, positionals: [name = '', word = ''], host}) => {
    const entry = table.find((one) => one.name === name);
    if (entry === undefined)
      throw new UsageError(`${name} cannot be imported.`, `One of ${table.map((one) => one.name).join(', ')}.`);
    const text = entry.source.isFile ? readUserText(word, mostProfileBytes) : null;
    const facts = await (await host()).facts();
    const {profile: made, leftOut} = (await entry.load())(facts, {word, text});
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
    return {profile, text: written, findings: leftOut, saved: out};
  },
  exitCode: () => exitCodes.done,
  document: ({profile, findings}) => ({version: 1, profile, findings}),
  shape: shape<Document>({version: literal(1), profile: profileShape, findings: findingsShape}),
  describe: ({text, saved}) => (saved === null ? text : ''),
  remark: ({findings, saved}, style) =>
    `${saved === null ? '' : `Saved ${saved}.\n`}${findings.length === 0 ? '' : describeFindings(findings, style)}`,
});

export const importProfile = importWith(importers);
