import {type Document, isAlias, LineCounter, type Node, parseDocument, visit} from 'yaml';
import type {ProfileFindingCode} from '../findings/codes.ts';
import type {Finding, Position} from '../findings/finding.ts';
import {explainMistakes} from './yaml-mistakes.ts';

/** Far more than a profile needs; what is larger was given by mistake, or is meant to hurt. */
const maximumCharacters = 256 * 1024;
const maximumSyntaxFindings = 20;

type Parsed =
  | {readonly root: Node | null; readonly positionAt: (offset: number) => Position}
  | {readonly findings: readonly Finding[]};

/** What a file of YAML is read as: the words of its refusals, and the tags that it may have. */
export type YamlFile = {
  readonly noun: string;
  readonly plural: string;
  /** What a person looks for at its path. */
  readonly looks: string;
  readonly depth: string;
  readonly tags: readonly string[];
};

const profileFile: YamlFile = {
  noun: 'profile',
  plural: 'profiles',
  looks: 'it is a YAML file of a few lines',
  depth: 'A profile has at most three levels of keys.',
  tags: [],
};

/** YAML to nodes; every scalar stays the text that it is (failsafe schema). Never throws. */
export const parseYamlFile = (text: string, file: string, kind: YamlFile = profileFile): Parsed => {
  if (text.length > maximumCharacters) {
    return refused(
      file,
      'profile-too-large',
      `The file is larger than ${maximumCharacters / 1024} KiB.`,
      `Give the path of a ${kind.noun}: ${kind.looks}.`,
    );
  }
  const binaryAt = text.search(/[^\P{Cc}\t\n\r]|\ufffd/u);
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const {line, col} = lines.linePos(offset);
    return {file, line: Math.max(1, line), column: Math.max(1, col)};
  };
  if (binaryAt !== -1) {
    return refused(
      file,
      'profile-syntax',
      'The file is not text: it holds control characters or is not UTF-8.',
      `Give the path of a ${kind.noun}, written in UTF-8.`,
      positionOfOffset(text, binaryAt, file),
    );
  }
  const document = parsed(text, lines);
  if (document === null) return refused(file, 'profile-syntax', 'The file is nested too deeply.', kind.depth);
  const problems = [
    ...document.errors,
    ...document.warnings.filter(
      ({code, message}) => code !== 'TAG_RESOLVE_FAILED' || !kind.tags.some((tag) => message.endsWith(`: ${tag}`)),
    ),
  ];
  // The library reports its own RangeError as a mistake of the text.
  const deep = problems.find(({message}) => message.includes('call stack'));
  if (deep !== undefined)
    return refused(file, 'profile-syntax', 'The file is nested too deeply.', kind.depth, positionAt(deep.pos[0]));
  if (problems.length > 0) {
    return {
      findings: explainMistakes(
        text,
        problems.slice(0, maximumSyntaxFindings).map(({code, message, pos}) => ({code, message, offset: pos[0]})),
      ).map((mistake) => syntaxFinding(mistake, positionAt(mistake.offset), kind)),
    };
  }
  const alias = firstAlias(document);
  if (alias !== null) {
    return {
      findings: [
        finding(
          'profile-syntax',
          `Aliases (\`*name\`) are not used in ${kind.plural}.`,
          'Write the value out where the alias is.',
          positionAt(alias.range?.[0] ?? 0),
        ),
      ],
    };
  }
  return {root: document.contents, positionAt};
};

const parsed = (text: string, lineCounter: LineCounter): Document.Parsed | null => {
  try {
    // Keys are compared by our own decoders: the library compares each with each, which takes minutes on a hostile file.
    return parseDocument(text, {
      schema: 'failsafe',
      lineCounter,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

const firstAlias = (document: Document.Parsed): Node | null => {
  let found: Node | null = null;
  visit(document, {
    Alias: (_, node) => {
      found = node;
      return visit.BREAK;
    },
  });
  return isAlias(found) ? found : null;
};

type Explained = ReturnType<typeof explainMistakes>[number];

const syntaxFinding = ({code, message, remedy}: Explained, at: Position, {noun}: YamlFile): Finding => {
  if (code === 'MULTIPLE_DOCS')
    return finding(
      'profile-syntax',
      'The file holds more than one YAML document.',
      `Keep one ${noun} per file: remove the \`---\` line and what follows it.`,
      at,
    );
  return finding('profile-syntax', message, remedy, at);
};

const finding = (code: ProfileFindingCode, message: string, remedy: string, at: Position): Finding => ({
  code,
  severity: 'blocker',
  subject: at.file,
  at,
  message,
  remedy,
});

const refused = (
  file: string,
  code: ProfileFindingCode,
  message: string,
  remedy: string,
  at: Position = {file, line: 1, column: 1},
): Parsed => ({
  findings: [finding(code, message, remedy, at)],
});

const positionOfOffset = (text: string, offset: number, file: string): Position => {
  const before = text.slice(0, offset).split('\n');
  return {file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1};
};
