import {probeOf, type Tools} from '../../artifacts/ports.ts';
import {absolutePath, argv, byTag, type Check, listOf, literal, shape, text} from '../../decode/decode.ts';
import {readLimineEntries} from '../../formats/boot-entry/limine-conf.ts';
import {readEntryOptions} from '../../formats/boot-entry/loader-entry.ts';
import {splitKernelLine} from '../../formats/kernel-line/tokens.ts';
import {type CommandLine, readBootFile} from './boot-file.ts';
import {readPartitions} from './boot-partitions.ts';

/** Each kernel command line that can be started next: what it has and lacks after the command, and after its undo. */
export type ArgumentsEffect = {
  readonly kind: 'arguments';
  readonly of: CommandLines;
  readonly before: Words;
  readonly after: Words;
};

/**
 * Where command lines are: in what a program prints, in entries of the Boot Loader Specification, in the entries of
 * limine.conf that its tool makes, on the EFI partitions whose UUIDs a file lists.
 */
export type CommandLines =
  | {readonly kind: 'program'; readonly argv: readonly [string, ...string[]]}
  | {readonly kind: 'partitions'; readonly listPath: string}
  | {readonly kind: 'entries'; readonly paths: readonly string[]}
  | {readonly kind: 'limine'; readonly paths: readonly string[]};

export type Words = {readonly has: readonly string[]; readonly lacks: readonly string[]};

/** A kind of place: its shape in the journal, and how the lines are read from it. */
type Place<Kind extends CommandLines['kind']> = {
  readonly shape: Check<Extract<CommandLines, {readonly kind: Kind}>>;
  readonly read: (
    tools: Tools,
    of: Extract<CommandLines, {readonly kind: Kind}>,
  ) => readonly CommandLine[] | Promise<readonly CommandLine[]>;
};

const places: {readonly [Kind in CommandLines['kind']]: Place<Kind>} = {
  program: {
    shape: shape({kind: literal('program'), argv}),
    read: async ({run}, of) => {
      const result = await run(of.argv, 60);
      return result.state === 'not-run' ? [] : [{where: `the output of ${of.argv.join(' ')}`, line: result.stdout}];
    },
  },
  partitions: {
    shape: shape({kind: literal('partitions'), listPath: absolutePath}),
    read: (tools, {listPath}) => readPartitions(tools, listPath),
  },
  entries: {
    shape: shape({kind: literal('entries'), paths: listOf(absolutePath)}),
    read: ({machine}, {paths}) =>
      paths.map((path) => ({where: path, line: readEntryOptions(readBootFile(machine, path))})),
  },
  limine: {
    shape: shape({kind: literal('limine'), paths: listOf(absolutePath)}),
    read: ({machine}, {paths}) => paths.flatMap((path) => limineLines(path, readBootFile(machine, path))),
  },
};

const limineLines = (path: string, configuration: string): readonly CommandLine[] => {
  const made = readLimineEntries(configuration).filter(({isGenerated}) => isGenerated);
  if (made.length === 0) throw new Error(`No entry of limine-entry-tool is left in ${path}.`);
  return made.flatMap(({title, commandLines}) =>
    commandLines.map((line) => ({where: `the entry ${title} of ${path}`, line})),
  );
};

const readLines = async (tools: Tools, of: CommandLines): Promise<readonly CommandLine[]> => {
  switch (of.kind) {
    case 'program':
      return places.program.read(tools, of);
    case 'partitions':
      return places.partitions.read(tools, of);
    case 'entries':
      return places.entries.read(tools, of);
    case 'limine':
      return places.limine.read(tools, of);
  }
};

const words = shape<Words>({has: listOf(text), lacks: listOf(text)});

const effectShape = shape<ArgumentsEffect>({
  kind: literal('arguments'),
  of: byTag<'kind', CommandLines>('kind', {
    program: places.program.shape,
    partitions: places.partitions.shape,
    entries: places.entries.shape,
    limine: places.limine.shape,
  }),
  before: words,
  after: words,
});

export const commandLinesProbe = probeOf(effectShape, {
  check: (tools, {of, after}) => checkWords(tools, of, after),
  checkUndone: (tools, {of, before}) => checkWords(tools, of, before),
});

/** Throws when one of the command lines lacks a word that it should have, or has one that it should not. */
const checkWords = async (tools: Tools, of: CommandLines, {has, lacks}: Words): Promise<void> => {
  for (const {where, line} of await readLines(tools, of)) {
    const found = splitKernelLine(line.replaceAll('\n', ' ')).tokens.map((token) => token.text);
    const missing = has.find((word) => !found.includes(word));
    if (missing !== undefined) throw new Error(`${missing} should be in ${where}, and is not.`);
    const left = lacks.find((word) => found.includes(word));
    if (left !== undefined) throw new Error(`${left} is still in ${where}.`);
  }
};
