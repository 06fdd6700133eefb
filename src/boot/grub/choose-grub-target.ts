import {judgeOwnedFile, judgeReadable, ownHeader} from '../../artifacts/rendered.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {Finding} from '../../findings/finding.ts';
import {type GrubEdit, isSameArgument, keyOf} from '../../formats/kernel-line/tokens.ts';
import {withoutOwnBlock} from '../../formats/own-block.ts';
import {editGrubDefaults, namesOwnedKey, positionAt, readGrubDefaults} from './edit-grub-defaults.ts';
import {isObstacle} from './grub-variable.ts';
import {readDropIn} from './read-drop-in.ts';

export const grubDefaultsPath = '/etc/default/grub';
export const grubDropInDirectory = '/etc/default/grub.d';
/** Drop-ins are read in the order of their names, so that the last word is ours. */
export const grubDropInPath = `${grubDropInDirectory}/zz-vfio-pilot.cfg`;

export type GrubTarget = {
  /** The text that each file is to have; a file that needs no change is not in it. */
  readonly files: readonly {readonly path: string; readonly text: string; readonly encoding: 'utf8' | 'latin1'}[];
  /** Our drop-in of an earlier run is not needed any more. */
  readonly isDropInStale: boolean;
  /** Our arguments as the files spell them, to be looked for in grub.cfg. */
  readonly effective: readonly string[];
  readonly findings: readonly Finding[];
};

type Files = Readonly<Record<string, FileFacts>>;

/**
 * `/etc/default/grub` is edited; a drop-in of our own is written where a later drop-in would undo that, or where the file
 * can't be edited with certainty. Debian and Ubuntu read `grub.d`; elsewhere the directory is not there.
 */
export const chooseGrubTarget = (files: Files, edit: GrubEdit, profile: string): GrubTarget => {
  const main = files[grubDefaultsPath];
  const unreadable = judgeReadable(main);
  if (unreadable !== null) return blocked([unreadable]);
  const dropIns = foreignDropIns(files).map((file) => readDropIn(file, edit));
  const findings = dropIns.flatMap((dropIn) => dropIn.findings);
  const given = dropIns.flatMap((dropIn) => dropIn.arguments);
  const override = dropIns.find((dropIn) => dropIn.isOverriding);
  const isMainMissing = main === undefined;
  if (isMainMissing && !hasDropInDirectory(files)) return blocked([missingFile]);
  if (override !== undefined || isMainMissing)
    return writeDropIn(files, edit, profile, findings, override?.path ?? null);
  const rest = {
    ...edit,
    add: edit.add.filter(
      (argument) => isPageArgument(argument) || !given.some((text) => isSameArgument(text, argument)),
    ),
  };
  // Lines for the entries of Xen are of an earlier plan.
  const edited = editGrubDefaults(withoutOwnBlock(main.text ?? ''), rest, grubDefaultsPath);
  if (edited.ok) {
    const changed =
      edited.text === main.text ? [] : [{path: grubDefaultsPath, text: edited.text, encoding: main.encoding}];
    return {
      files: changed,
      isDropInStale: files[grubDropInPath] !== undefined,
      effective: asWritten(edited.text, edit.add, given),
      findings,
    };
  }
  if (edited.isBroken || !hasDropInDirectory(files)) return blocked([...findings, edited.finding]);
  return writeDropIn(
    files,
    edit,
    profile,
    [...findings, edited.isUnread ? unread(edited.finding) : {...edited.finding, severity: 'note', remedy: instead}],
    null,
  );
};

const instead = `The arguments go into ${grubDropInPath} instead.`;

/** The shell may refuse what this reader does not understand: then nothing of the file counts, and GRUB's own program fails. */
const unread = (finding: Finding): Finding => ({
  ...finding,
  severity: 'warning',
  message: `${finding.message} If a shell can't read it either, no menu of GRUB can be made, and apply fails and restores everything.`,
  remedy: `Run \`sh -n ${grubDefaultsPath}\`: it names the line if there is a mistake; correct that first. Otherwise nothing is to be done. ${instead}`,
});

const writeDropIn = (
  files: Files,
  edit: GrubEdit,
  profile: string,
  found: readonly Finding[],
  overriddenBy: string | null,
): GrubTarget => {
  const foreign = judgeOwnedFile(files[grubDropInPath], grubDropInPath);
  const findings = [
    ...found,
    ...(foreign === null ? [] : [foreign]),
    ...staleInMain(files[grubDefaultsPath], edit),
    ...laterDropIn(files),
  ];
  const note: readonly Finding[] = overriddenBy === null ? [] : [overridden(overriddenBy)];
  if (edit.add.length === 0)
    return {
      files: [],
      isDropInStale: files[grubDropInPath] !== undefined,
      effective: [],
      findings: [...findings, ...note],
    };
  const text = `${ownHeader('#', profile)}GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT ${edit.add.join(' ')}"\n`;
  const isSame = files[grubDropInPath]?.text === text;
  return {
    files: isSame ? [] : [{path: grubDropInPath, text, encoding: 'utf8'}],
    isDropInStale: false,
    effective: edit.add,
    findings: [...findings, ...note],
  };
};

const foreignDropIns = (files: Files): readonly FileFacts[] =>
  Object.values(files)
    .filter(
      (file) =>
        file.path.startsWith(`${grubDropInDirectory}/`) && file.path.endsWith('.cfg') && file.path !== grubDropInPath,
    )
    .sort((one, other) => (one.path < other.path ? -1 : 1));

export const hasDropInDirectory = (files: Files): boolean =>
  Object.keys(files).some((path) => path === grubDropInDirectory || path.startsWith(`${grubDropInDirectory}/`));

const isPageArgument = (argument: string): boolean => ['hugepages', 'hugepagesz'].includes(keyOf(argument));

const asWritten = (text: string, add: readonly string[], given: readonly string[]): readonly string[] => {
  const reading = readGrubDefaults(text);
  const tokens = isObstacle(reading)
    ? []
    : [...reading.linux.line.tokens, ...reading.linuxDefault.line.tokens].map((token) => token.text);
  return add.map((argument) => [...tokens, ...given].find((token) => isSameArgument(token, argument)) ?? argument);
};

/** A file that is not edited may still hold arguments of an earlier setup. */
const staleInMain = (main: FileFacts | undefined, edit: GrubEdit): readonly Finding[] => {
  const lines = (main?.text ?? '').split('\n').map((line) => line.replace(/^\s*#.*/, ''));
  const index = lines.findIndex((line) => line.includes('GRUB_CMDLINE_LINUX') && namesOwnedKey(line, edit.ownedKeys));
  if (index < 0) return [];
  return [
    {
      code: 'grub-overridden',
      severity: 'blocker',
      subject: grubDefaultsPath,
      at: {file: grubDefaultsPath, line: index + 1, column: 1},
      message: `${grubDefaultsPath}:${index + 1} holds arguments of an earlier setup, and the file can't be edited safely.`,
      remedy: 'Remove them from that line by hand, then run the command again.',
    },
  ];
};

const laterDropIn = (files: Files): readonly Finding[] => {
  const later = foreignDropIns(files).find(
    (file) => file.path > grubDropInPath && (file.text ?? '').includes('GRUB_CMDLINE_LINUX_DEFAULT'),
  );
  if (later === undefined) return [];
  const at = positionAt(later.text ?? '', (later.text ?? '').indexOf('GRUB_CMDLINE_LINUX_DEFAULT'), later.path);
  return [
    {
      code: 'grub-overridden',
      severity: 'blocker',
      subject: later.path,
      at,
      message: `This file is read after ${grubDropInPath} and sets GRUB_CMDLINE_LINUX_DEFAULT again.`,
      remedy: 'Rename that file so that it sorts before ours.',
    },
  ];
};

const overridden = (path: string): Finding => ({
  code: 'grub-overridden',
  severity: 'note',
  subject: path,
  message: `${path} sets GRUB_CMDLINE_LINUX_DEFAULT after ${grubDefaultsPath} has been read, so an edit there would have no effect.`,
  remedy: `The arguments go into ${grubDropInPath}, which is read last.`,
});

export const missingFile: Finding = {
  code: 'grub-file-missing',
  severity: 'blocker',
  subject: grubDefaultsPath,
  message: `${grubDefaultsPath} does not exist, although GRUB is the boot loader.`,
  remedy: 'Reinstall the package that holds it (Debian: grub-common), then run the command again.',
};

const blocked = (findings: readonly Finding[]): GrubTarget => ({
  files: [],
  isDropInStale: false,
  effective: [],
  findings,
});
