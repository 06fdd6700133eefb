import {judgeReadable, type Rendered} from '../../artifacts/rendered.ts';
import {keeps, type FileTable} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {chooseLineEdit, type CommandLineEdit, editCommandLine} from '../../formats/kernel-line/edit.ts';
import {holdsArgument, mentionsArgument} from '../../formats/kernel-line/tokens.ts';
import type {Plan} from '../../plan/plan.ts';
import type {ArgumentsEffect, CommandLines} from '../probes/command-lines.ts';

/**
 * What a program is to make of the command lines that it writes from `source`. That an argument is gone again after the
 * undo is asked only where neither a line nor the source had it before.
 */
export const argumentsEffect = (
  of: CommandLines,
  lines: readonly string[],
  source: string,
  edit: CommandLineEdit,
): ArgumentsEffect => {
  const stale = lines.flatMap((line) => {
    const chosen = chooseLineEdit(line, edit);
    return chosen.ok ? chosen.tokens.filter(chosen.isStale).map(({text}) => text) : [];
  });
  const isNew = (word: string): boolean => ![...lines, source].some((text) => mentionsArgument(text, word));
  return {
    kind: 'arguments',
    of,
    before: {has: [], lacks: edit.add.filter(isNew)},
    after: {has: edit.add, lacks: [...new Set(stale)].filter((word) => !edit.add.includes(word))},
  };
};

export const editOfPlan = ({kernelArguments: {add, remove, ownedKeys}}: Plan): CommandLineEdit => ({
  add: add.map((argument) => argument.text),
  remove: remove.map((argument) => argument.text),
  ownedKeys,
});

export const reasonsOfPlan = ({kernelArguments: {add, remove}}: Plan): readonly string[] =>
  [...add, ...remove].map((argument) => `${argument.text}: ${argument.because}`);

/** A file with the plan's arguments in it; nothing where it has them. */
export const writeArguments = (
  {path, text: before, encoding}: Pick<FileFacts, 'path' | 'text' | 'encoding'>,
  text: string,
  plan: Plan,
  why: readonly string[] = [],
): Rendered => ({
  artifacts:
    text === before
      ? []
      : [
          {
            kind: 'file',
            path,
            text,
            encoding,
            mode: 0o644,
            placing: 'first',
            by: 'writer',
            why: [...why, ...reasonsOfPlan(plan)],
          },
        ],
  findings: [],
});

/** Why a file is left alone, and how to bring it into a form that can be edited. */
export const refuseArguments = (path: string, reason: string, remedy: string): Rendered => ({
  artifacts: [],
  findings: [
    {
      code: 'command-line-not-editable',
      severity: 'blocker',
      subject: path,
      message: `${path} can't be edited safely: ${reason}.`,
      remedy,
    },
  ],
});

export const kernelCommandLinePath = '/etc/kernel/cmdline';
/** What kernel-install takes where that file is not there. */
const vendorCommandLinePath = '/usr/lib/kernel/cmdline';

export const kernelCommandLineFiles: FileTable = [keeps('/etc/kernel', 'cmdline'), keeps('/usr/lib/kernel', 'cmdline')];

/** What such a file says; `null` where it is not there. */
export const readKernelCommandLine = (file: FileFacts | undefined): string | null => {
  const text = file?.text ?? null;
  return text === null
    ? null
    : text
        .replaceAll(/^\s*#.*$/gm, '')
        .replaceAll(/\s+/g, ' ')
        .trim();
};

/**
 * `/etc/kernel/cmdline` with our arguments: proxmox-boot-tool reads its first line, kernel-install all of it with line
 * breaks as blanks and `#` lines left out (systemd: kernel-install(8)). So only a file of one such line is edited.
 */
export const renderKernelCommandLine = (file: FileFacts, plan: Plan): Rendered => {
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const lines = (file.text ?? '').split('\n');
  const used = lines.flatMap((line, index) => (line.trim() === '' || line.trimStart().startsWith('#') ? [] : [index]));
  const [index] = used;
  if (index === undefined || used.length > 1)
    return refuse(
      index === undefined
        ? 'it holds no arguments'
        : `it has ${used.length} lines of arguments, which its readers join in different ways`,
    );
  const edited = editCommandLine(lines[index] ?? '', editOfPlan(plan));
  if (!edited.ok) return refuse(edited.reason);
  return writeArguments(file, lines.with(index, edited.text).join('\n'), plan);
};

const refuse = (reason: string): Rendered =>
  refuseArguments(
    kernelCommandLinePath,
    reason,
    'Write all arguments on one line of that file, then run the command again.',
  );

/**
 * What kernel-install gives to an entry once our files are gone. `previous`: /etc/kernel/cmdline of before; without it the
 * running kernel's arguments are taken, and `null` is the answer where these are ours (systemd: kernel-install(8)).
 */
export const restoredLine = (facts: HostFacts, plan: Plan, previous: string | null): string | null => {
  const line = previous ?? facts.files[vendorCommandLinePath]?.text ?? null;
  if (line !== null) return line;
  const running = facts.boot.commandLine;
  return running === null || editOfPlan(plan).add.some((word) => holdsArgument(running, word)) ? null : running;
};

/**
 * Kernels that are installed later get their arguments from /etc/kernel/cmdline. Without that file kernel-install takes
 * those that are running, which do not have ours before the next boot (systemd: kernel-install(8)); so it is made from
 * `otherwise`, where that is known.
 */
export const renderFutureCommandLine = (facts: HostFacts, plan: Plan, otherwise: string | null): Rendered => {
  const file = facts.files[kernelCommandLinePath];
  if (file !== undefined) return renderKernelCommandLine(file, plan);
  if (otherwise === null) return {artifacts: [], findings: []};
  const base =
    facts.files[vendorCommandLinePath]?.text
      ?.replaceAll(/^\s*#.*$/gm, '')
      .trim()
      .replaceAll(/\s+/g, ' ') ?? otherwise;
  const edited = editCommandLine(base, editOfPlan(plan));
  if (!edited.ok || edited.text === base) return {artifacts: [], findings: []};
  return writeArguments({path: kernelCommandLinePath, text: null, encoding: 'utf8'}, `${edited.text}\n`, plan, [
    'kernel-install gives these arguments to the entries of kernels that are installed later.',
  ]);
};
