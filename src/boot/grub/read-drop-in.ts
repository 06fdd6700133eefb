import {judgeReadable} from '../../artifacts/rendered.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {Finding} from '../../findings/finding.ts';
import {type GrubEdit, isSameArgument, keyOf} from '../../formats/kernel-line/tokens.ts';
import {type GrubReading, positionAt, readGrubDefaults} from './edit-grub-defaults.ts';
import {isObstacle, mentions} from './grub-variable.ts';

export type DropIn = {
  readonly path: string;
  /** It sets GRUB_CMDLINE_LINUX_DEFAULT without what was there before, or that is unknown. */
  readonly isOverriding: boolean;
  readonly arguments: readonly string[];
  readonly findings: readonly Finding[];
};

/** A drop-in of somebody else: it is never edited, only understood. */
export const readDropIn = (file: FileFacts, edit: GrubEdit): DropIn => {
  const text = file.text ?? '';
  const unreadable = judgeReadable(file);
  // A link is read by the shell as well as a file, but its text is not among the facts.
  if (unreadable !== null)
    return {path: file.path, isOverriding: true, arguments: [], findings: [{...unreadable, severity: 'warning'}]};
  if (!text.includes('GRUB_CMDLINE_LINUX')) return {path: file.path, isOverriding: false, arguments: [], findings: []};
  const reading = readGrubDefaults(text);
  if (isObstacle(reading)) return {path: file.path, isOverriding: true, arguments: [], findings: []};
  const tokens = [reading.linux, reading.linuxDefault].flatMap(({line, variable}) =>
    line.tokens.map((token) => ({text: token.text, offset: variable.starts[token.start] ?? -1})),
  );
  const owned = new Set(edit.ownedKeys.map(keyOf));
  const stale = tokens.find(
    (token) => owned.has(keyOf(token.text)) && !edit.add.some((argument) => isSameArgument(argument, token.text)),
  );
  return {
    path: file.path,
    isOverriding: isOverriding(reading),
    arguments: tokens.map((token) => token.text),
    findings: stale === undefined ? [] : [staleFinding(file, text, stale)],
  };
};

const isOverriding = ({script, linuxDefault}: GrubReading): boolean => {
  const {base, additions} = linuxDefault.variable;
  if (base === null) return additions.length > 0;
  const first = script.assignments.find((assignment) => assignment.name === base.name) ?? base;
  return ![...first.value.expansions.values()].some((expansion) => mentions(expansion, base.name));
};

const staleFinding = (
  file: FileFacts,
  text: string,
  stale: {readonly text: string; readonly offset: number},
): Finding => {
  const at = positionAt(text, Math.max(stale.offset, 0), file.path);
  return {
    code: 'grub-overridden',
    severity: 'blocker',
    subject: file.path,
    at,
    message: `This file adds ${stale.text.replaceAll('\0', '$…')}, which contradicts this profile and is read after /etc/default/grub.`,
    remedy: 'Remove that argument by hand, then run the command again.',
  };
};
