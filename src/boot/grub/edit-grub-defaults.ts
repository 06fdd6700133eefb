import type {Finding, Position} from '../../findings/finding.ts';
import {
  chooseTokenEdit,
  type GrubEdit,
  isQuoted,
  isUnknown,
  type KernelLine,
  type KernelToken,
  keyOf,
  splitKernelLine,
} from '../../formats/kernel-line/tokens.ts';
import {applySplices, type Splice} from '../../formats/splices.ts';
import {parseShellScript} from '../../formats/shell/parse.ts';
import {type Assignment, type ShellScript, ShellSyntaxError, type Word} from '../../formats/shell/script.ts';
import {findObstacle, findReader} from './find-obstacle.ts';
import {type GrubVariable, type GrubVariableName, isObstacle, type Obstacle, readVariable} from './grub-variable.ts';

/** Stale tokens go with the blanks before them; at the beginning of the value, with the blanks behind them. */
const removeTokens = (
  variable: GrubVariable,
  tokens: readonly KernelToken[],
  isStale: (token: KernelToken) => boolean,
): Splice[] => {
  // By source offset: a value that refers to itself twice shows the same source twice.
  const splices = new Map<number, Splice>();
  const remove = (from: number, to: number, isToken: boolean): void => {
    for (let cell = from; cell < to; cell += 1) {
      const start = variable.starts[cell] ?? -1;
      // A carriage return belongs to the line ending, and an expansion is not ours.
      const isRemovable = isToken || variable.text[cell] === ' ' || variable.text[cell] === '\t';
      if (start >= 0 && isRemovable) splices.set(start, {start, end: variable.ends[cell] ?? start, text: ''});
    }
  };
  let isLeading = true;
  for (const [index, token] of tokens.entries()) {
    if (isStale(token)) {
      remove(token.start, token.end, true);
      if (isLeading) remove(token.end, tokens[index + 1]?.start ?? token.end, false);
      else remove(tokens[index - 1]?.end ?? token.start, token.start, false);
    } else isLeading = false;
  }
  return [...splices.values()];
};

const insertArguments = (
  source: string,
  {value}: Assignment,
  missing: readonly string[],
  removed: readonly Splice[],
  isFirst: boolean,
): Splice[] => {
  const ours = missing.join(' ');
  const gone = new Set(removed.map((splice) => splice.start));
  const isLeft = (start: number): boolean => !gone.has(start);
  const neighbour = value.text[isFirst ? value.starts.findIndex(isLeft) : value.starts.findLastIndex(isLeft)];
  const isSpaced = neighbour === ' ' || neighbour === '\t' || (neighbour === undefined && !isFirst);
  if (isFirst) return [insertAt(value.start, firstInside(source, value), isSpaced ? ours : `${ours} `)];
  const text = isSpaced ? ours : ` ${ours}`;
  const isBare = value.text !== '' && value.bareLength === value.text.length && value.quotes.length === 0;
  if (isBare)
    return [
      {start: value.start, end: value.start, text: '"'},
      {start: value.end, end: value.end, text: `${text}"`},
    ];
  return [insertAt(value.end, lastInside(source, value), text)];
};

/** Inside a quotation where one begins or ends the value, else in a quotation of its own. */
const insertAt = (outside: number, inside: number | null, text: string): Splice =>
  inside === null ? {start: outside, end: outside, text: `"${text}"`} : {start: inside, end: inside, text};

const firstInside = (source: string, value: Word): number | null =>
  value.quotes.some((quote) => quote.open === value.start) && source[value.start] !== undefined
    ? value.start + 1
    : null;

const lastInside = (source: string, value: Word): number | null =>
  value.quotes.some((quote) => quote.close === value.end - 1) && source[value.end - 1] !== undefined
    ? value.end - 1
    : null;

export type GrubEditResult =
  | {readonly ok: true; readonly text: string}
  | {readonly ok: false; readonly finding: Finding; readonly isBroken: boolean; readonly isUnread: boolean};

export type GrubLine = {readonly variable: GrubVariable; readonly line: KernelLine};

/** What the file says about the kernel command line. */
export type GrubReading = {readonly script: ShellScript; readonly linux: GrubLine; readonly linuxDefault: GrubLine};

/** Arguments that pass through the shell, grub.cfg and the kernel without a quote. */
const safeArgument = /^[A-Za-z0-9_.:=,@/+%-]+$/;

/**
 * The text of `/etc/default/grub` with our arguments in it: every other token and every other byte as before.
 * What can't be edited with certainty is refused with line and column.
 */
export const editGrubDefaults = (
  text: string,
  edit: GrubEdit,
  file: string,
  into: GrubVariableName = 'GRUB_CMDLINE_LINUX_DEFAULT',
): GrubEditResult => {
  const unsafe = edit.add.find((argument) => !safeArgument.test(argument));
  const obstacle: Obstacle | null =
    unsafe === undefined
      ? null
      : {offset: 0, reason: `the argument ${unsafe} can not be written without quotes`, isBroken: true};
  const reading = obstacle ?? readGrubDefaults(text);
  if (isObstacle(reading)) return refuse(text, file, reading);
  const edited = editReading(reading, edit, into);
  return isObstacle(edited) ? refuse(text, file, edited) : {ok: true, text: edited.text};
};

export const readGrubDefaults = (text: string): GrubReading | Obstacle => {
  try {
    const script = parseShellScript(text);
    const obstacle = findObstacle(script);
    if (obstacle !== null) return obstacle;
    const linux = readLine(script, 'GRUB_CMDLINE_LINUX');
    if (isObstacle(linux)) return linux;
    const linuxDefault = readLine(script, 'GRUB_CMDLINE_LINUX_DEFAULT');
    return isObstacle(linuxDefault) ? linuxDefault : {script, linux, linuxDefault};
  } catch (error) {
    if (error instanceof ShellSyntaxError)
      return {offset: error.offset, reason: error.message, isBroken: false, isUnread: true};
    throw error;
  }
};

const readLine = (script: ShellScript, name: Parameters<typeof readVariable>[1]): GrubLine | Obstacle => {
  const variable = readVariable(script, name);
  return isObstacle(variable) ? variable : {variable, line: splitKernelLine(variable.text)};
};

const editReading = (
  reading: GrubReading,
  edit: GrubEdit,
  into: GrubVariableName,
): {readonly text: string} | Obstacle => {
  const {script, linux, linuxDefault} = reading;
  const {missing, isStale} = chooseTokenEdit([...linux.line.tokens, ...linuxDefault.line.tokens], edit);
  const obstacle = judgeEdit(reading, edit, missing, isStale, into);
  if (obstacle !== null) return obstacle;
  const splices = [linux, linuxDefault].flatMap(({variable, line}) => removeTokens(variable, line.tokens, isStale));
  const target = into === 'GRUB_CMDLINE_LINUX' ? linux : linuxDefault;
  const base = target.variable.base;
  const text =
    base === null || missing.length === 0
      ? applySplices(script.text, splices)
      : applySplices(script.text, [
          ...splices,
          ...insertArguments(script.text, base, missing, splices, goesFirst(target)),
        ]);
  const whole = base === null && missing.length > 0 ? appendLine(text, into, missing) : text;
  return judgeResult(reading, whole, edit, isStale) ?? {text: whole};
};

/** Where text behind ours would swallow it, or be glued to it, ours goes to the front. */
const goesFirst = ({variable, line}: GrubLine): boolean =>
  line.swallows !== null || variable.additions.length > 0 || (variable.base?.value.text.endsWith('\r') ?? false);

const appendLine = (text: string, into: GrubVariableName, missing: readonly string[]): string =>
  `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${into}="${missing.join(' ')}"\n`;

const judgeEdit = (
  {script, linux, linuxDefault}: GrubReading,
  edit: GrubEdit,
  missing: readonly string[],
  isStale: (token: KernelToken) => boolean,
  into: GrubVariableName,
): Obstacle | null => {
  for (const {variable, line} of [linux, linuxDefault]) {
    const at = (reason: string, isBroken = false): Obstacle => ({offset: variable.base?.start ?? 0, reason, isBroken});
    const name = variable === linux.variable ? 'GRUB_CMDLINE_LINUX' : 'GRUB_CMDLINE_LINUX_DEFAULT';
    const stale = line.tokens.filter(isStale);
    const fixed = stale.find(
      (token) => isUnknown(token.text) || variable.starts.slice(token.start, token.end).includes(-1),
    );
    if (fixed !== undefined)
      return at(`${fixed.text.replaceAll('\0', '$…')} must go, but it comes from another variable`);
    const quoted = line.tokens.find(
      (token) =>
        isQuoted(token.text) &&
        (isStale(token) ||
          namesOwnedKey(token.text, edit.ownedKeys) ||
          edit.remove.some((gone) => token.text.includes(gone))),
    );
    if (quoted !== undefined)
      return at(`one of our arguments is in a quotation: ${quoted.text.replaceAll(/\s+/g, ' ')}`);
    const added = variable.additions.find(
      (addition) => addition.value.expansions.size > 0 || namesOwnedKey(addition.value.text, edit.ownedKeys),
    );
    if (added !== undefined)
      return {
        offset: added.start,
        reason: 'one of our arguments is added with +=, which sh does not know',
        isBroken: false,
      };
    const hidden = variable.hidden.find((part) => namesOwnedKey(part.text, edit.ownedKeys));
    if (hidden !== undefined)
      return {offset: hidden.offset, reason: 'our arguments may be hidden in here', isBroken: false};
    const isChanged = stale.length > 0 || (missing.length > 0 && name === into);
    if (missing.length > 0 && line.broken !== null) return at(line.broken, true);
    if (missing.length > 0 && line.swallows !== null && name === 'GRUB_CMDLINE_LINUX' && name !== into)
      return at(line.swallows, true);
    const reader = isChanged ? findReader(script, name) : null;
    if (reader !== null) return reader;
  }
  return null;
};

export const namesOwnedKey = (text: string, ownedKeys: readonly string[]): boolean => {
  const words = text.replaceAll('-', '_').split(/[^A-Za-z0-9_.]+/);
  return ownedKeys.some((key) => words.includes(keyOf(key)));
};

/** The editor does not trust itself: the result is read again, and whatever is not ours must be as before. */
const judgeResult = (
  before: GrubReading,
  text: string,
  edit: GrubEdit,
  isStale: (token: KernelToken) => boolean,
): Obstacle | null => {
  const wrong: Obstacle = {
    offset: before.linuxDefault.variable.base?.start ?? 0,
    reason: 'the edited text would not mean what it should',
    isBroken: false,
  };
  const after = readGrubDefaults(text);
  if (isObstacle(after)) return wrong;
  const foreign = (reading: GrubReading): string =>
    JSON.stringify(
      [reading.linux, reading.linuxDefault].map(({line}) =>
        line.tokens.filter((token) => !isStale(token) && !edit.add.includes(token.text)).map((token) => token.text),
      ),
    );
  const others = ({script}: GrubReading): string =>
    JSON.stringify(
      script.assignments
        .filter(({name}) => !name.startsWith('GRUB_CMDLINE_LINUX'))
        .map(({start, value}) => script.text.slice(start, value.end)),
    );
  const again = chooseTokenEdit([...after.linux.line.tokens, ...after.linuxDefault.line.tokens], edit);
  const isDone =
    again.missing.length === 0 && ![...after.linux.line.tokens, ...after.linuxDefault.line.tokens].some(again.isStale);
  return isDone &&
    foreign(before) === foreign(after) &&
    others(before) === others(after) &&
    before.script.commands.length === after.script.commands.length
    ? null
    : wrong;
};

const refuse = (text: string, file: string, obstacle: Obstacle): GrubEditResult => {
  const at = positionAt(text, obstacle.offset, file);
  return {
    ok: false,
    isBroken: obstacle.isBroken,
    isUnread: obstacle.isUnread === true,
    finding: {
      code: 'grub-not-editable',
      severity: 'blocker',
      subject: file,
      at,
      message: `This file can't be edited safely: ${obstacle.reason}.`,
      remedy: obstacle.isBroken
        ? 'Correct that line, then run the command again.'
        : 'Put the arguments into a drop-in, /etc/default/grub.d/*.cfg, where this system reads them, or simplify that line.',
    },
  };
};

export const positionAt = (text: string, offset: number, file: string): Position => {
  const before = text.slice(0, offset);
  return {file, line: before.split('\n').length, column: offset - before.lastIndexOf('\n')};
};
