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

type Options = {
  readonly out?: string;
  readonly emit?: string;
  readonly host?: string;
  readonly 'exit-code': boolean;
};

/** A file that was asked for; `path` is `null` where the plan is blocked, and nothing was saved. */
type Asked = {readonly path: string | null};

type Planned =
  | Unreadable
  | {
      readonly kind: 'planned';
      readonly preview: Preview;
      readonly reboot: Reboot;
      /** `null`: not asked for. */
      readonly saved: Asked | null;
      readonly emitted: Asked | null;
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
      /** The same with `--emit`. */
      readonly emitted?: string | null;
    });

export const plan: Command<Options, Planned, Document> = {
  run: async ({options, positionals: [path = ''], host, demo, over, version, json}) => {
    const loaded = loadProfile(path);
    if (!loaded.isValid) return {kind: 'unreadable', findings: loaded.findings};
    const opened = await host();
    const {facts, preview} = await opened.preview(loaded.profile, loaded.positionOf);
    const save = async (file: string | undefined, render: () => Promise<string>): Promise<Asked | null> => {
      if (file === undefined) return null;
      if (isBlocked(preview.findings)) return {path: null};
      // For its owner only: the domain and boot files in it may hold passwords.
      createUserFile(file, await render(), 0o600);
      return {path: file};
    };
    const saved = await save(options.out, async () =>
      renderSavedPlan({file: path, text: loaded.text}, worldOf(facts, preview.plan, version), preview.changes),
    );
    const emitted = await save(options.emit, async () => {
      const {renderScript} = await import('../exchange/script/export-script.ts');
      return renderScript(facts, preview);
    });
    const reboot = rebootOf(
      preview.changes,
      needsReboot(facts, preview.plan, null),
      json ? await opened.awaitsReboot(facts) : null,
    );
    const flags = hostFlags(opened, {demo, over});
    const hasExitCode = options['exit-code'];
    return {kind: 'planned', preview, reboot, saved, emitted, path, flags, isRemote: over !== null, hasExitCode};
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
          ...(planned.saved === null ? {} : {saved: planned.saved.path}),
          ...(planned.emitted === null ? {} : {emitted: planned.emitted.path}),
        },
  shape: either<Document>(
    shape<Exclude<Document, UnreadableDocument>>({
      ...previewMembers,
      saved: optional(nullable(text)),
      emitted: optional(nullable(text)),
    }),
    unreadableShape,
  ),
  describe: (planned, style) => {
    if (planned.kind === 'unreadable') return '';
    const {preview, reboot, saved, path, flags, isRemote} = planned;
    const needsReboot = reboot.rebootRequired;
    const verdict = planVerdict({preview, needsReboot, file: saved?.path ?? path}, {...style, flags, isRemote});
    return `${describePreview(preview, style)}\n${printable(verdict)}\n`;
  },
  remark: (planned, style) =>
    planned.kind === 'unreadable' ? describeFindings(planned.findings, style) : describeSaved(planned, style),
};

const describeSaved = (
  {saved, emitted}: {readonly saved: Asked | null; readonly emitted: Asked | null},
  {typed}: Style,
): string => {
  const asked = [saved, emitted].filter((one) => one !== null);
  if (asked.some(({path}) => path === null)) return 'The plan is blocked, so it was not saved.\n';
  return [
    ...(saved === null || saved.path === null
      ? []
      : [
          `Saved ${printable(saved.path)}: \`${typed(`apply ${quoteForShell(saved.path)}`)}\` writes exactly this, or nothing.\n`,
        ]),
    ...(emitted === null || emitted.path === null
      ? []
      : [
          `Saved ${printable(emitted.path)}: read it, then run it on the host: \`sh ${quoteForShell(emitted.path)} check\`, apply or undo.\n`,
        ]),
  ].join('');
};
