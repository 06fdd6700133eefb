import type {Preview} from '../changes/preview.ts';
import {renderSavedPlan} from '../changes/saved-plan.ts';
import {worldOf} from '../changes/world.ts';
import {either, nullable, optional, shape, text} from '../decode/decode.ts';
import {isBlocked} from '../findings/finding.ts';
import {createUserFile} from '../system/user-file.ts';
import {printable} from '../words/printable.ts';
import {needsReboot} from '../verify/verify-plan.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';
import {type Command, exitCodes, type Style} from './command.ts';
import {describeFindings} from './describe-finding.ts';
import {describePreview} from './describe-preview.ts';
import {
  type PreviewDocument,
  previewDocument,
  previewMembers,
  type Reboot,
  rebootOf,
  type Unreadable,
  type UnreadableDocument,
  unreadableDocument,
  unreadableShape,
} from './documents.ts';
import {loadProfile} from './load.ts';
import {planVerdict} from './verdict.ts';
import {hostFlags} from './writing.ts';

type Options = {readonly out?: string; readonly host?: string; readonly 'exit-code': boolean};

type Planned =
  | Unreadable
  | {
      readonly kind: 'planned';
      readonly preview: Preview;
      readonly reboot: Reboot;
      /** Where the plan was saved. */
      readonly saved: string | null;
      readonly wanted: string | null;
      readonly path: string;
      /** For commands about the same host. */
      readonly flags: string;
      readonly isRemote: boolean;
      readonly hasExitCode: boolean;
    };

type Document =
  | UnreadableDocument
  | (PreviewDocument & {
      /** With `--out`: the file, or `null` where a blocked plan was not saved. */
      readonly saved?: string | null;
    });

export const plan: Command<Options, Planned, Document> = {
  run: async ({options, positionals: [path = ''], host, demo, over, version, json}) => {
    const loaded = loadProfile(path);
    if (!loaded.isValid) return {kind: 'unreadable', findings: loaded.findings};
    const opened = await host();
    const {facts, preview} = await opened.preview(loaded.profile, loaded.positionOf);
    const {out: wanted = null} = options;
    const saved = isBlocked(preview.findings) ? null : wanted;
    if (saved !== null) {
      const world = worldOf(facts, preview.plan, version);
      // For its owner only: the domain and boot files in it may hold passwords.
      createUserFile(saved, renderSavedPlan({file: path, text: loaded.text}, world, preview.changes), 0o600);
    }
    const reboot = rebootOf(
      preview.changes,
      needsReboot(facts, preview.plan, null),
      json ? await opened.awaitsReboot(facts) : null,
    );
    const flags = hostFlags(opened, {demo, over});
    const hasExitCode = options['exit-code'];
    return {kind: 'planned', preview, reboot, saved, wanted, path, flags, isRemote: over !== null, hasExitCode};
  },
  exitCode: (planned) => {
    if (planned.kind === 'unreadable') return exitCodes.usage;
    const {preview, hasExitCode} = planned;
    if (isBlocked(preview.findings)) return exitCodes.blocked;
    return hasExitCode && preview.changes.length > 0 ? exitCodes.changes : exitCodes.done;
  },
  document: (planned) =>
    planned.kind === 'unreadable'
      ? unreadableDocument(planned)
      : {
          ...previewDocument(planned.preview, planned.reboot),
          ...(planned.wanted === null ? {} : {saved: planned.saved}),
        },
  shape: either<Document>(
    shape<Exclude<Document, UnreadableDocument>>({...previewMembers, saved: optional(nullable(text))}),
    unreadableShape,
  ),
  describe: (planned, style) => {
    if (planned.kind === 'unreadable') return '';
    const {preview, reboot, saved, path, flags, isRemote} = planned;
    const needsReboot = reboot.rebootRequired;
    const verdict = planVerdict({preview, needsReboot, file: saved ?? path}, {...style, flags, isRemote});
    return `${describePreview(preview, style)}\n${printable(verdict)}\n`;
  },
  remark: (planned, style) =>
    planned.kind === 'unreadable' ? describeFindings(planned.findings, style) : describeSaved(planned, style),
};

const describeSaved = (
  {saved, wanted}: {readonly saved: string | null; readonly wanted: string | null},
  {typed}: Style,
): string => {
  if (wanted === null) return '';
  if (saved === null) return 'The plan is blocked, so it was not saved.\n';
  return `Saved ${printable(saved)}: \`${typed(`apply ${quoteForShell(saved)}`)}\` writes exactly this, or nothing.\n`;
};
