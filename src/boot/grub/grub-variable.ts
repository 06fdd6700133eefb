import {kernelLineBytes} from '../../formats/kernel-line/tokens.ts';
import {type Assignment, type Expansion, type ShellScript, unknownText} from '../../formats/shell/script.ts';

export type GrubVariableName = 'GRUB_CMDLINE_LINUX' | 'GRUB_CMDLINE_LINUX_DEFAULT';

export const grubVariables: readonly GrubVariableName[] = ['GRUB_CMDLINE_LINUX', 'GRUB_CMDLINE_LINUX_DEFAULT'];

/**
 * Why a file can't be edited, and where. `isBroken`: the file does not do what it looks like, so no drop-in helps either.
 * `isUnread`: it was not understood as a shell script, and a shell may refuse it too.
 */
export type Obstacle = {
  readonly offset: number;
  readonly reason: string;
  readonly isBroken: boolean;
  readonly isUnread?: true;
};

/** What the variable holds when the file has been read, with the way back to the source. */
export type GrubVariable = {
  /** The assignment that new arguments go into; `null` when the variable is not set. */
  readonly base: Assignment | null;
  /** `+=` after the base, which only bash understands. */
  readonly additions: readonly Assignment[];
  readonly text: string;
  /** Source range of each character; -1 where it comes from an expansion. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Text that some expansion may add, as far as the file shows it. */
  readonly hidden: readonly {readonly text: string; readonly offset: number}[];
};

/** A value may refer to itself several times, and each time the work doubles. */
const maximumExpansions = 10_000;

/** Assumes that `findObstacle` found none for this variable. */
export const readVariable = (script: ShellScript, name: GrubVariableName): GrubVariable | Obstacle => {
  const own = script.assignments.filter((assignment) => assignment.name === name);
  let base = own.length - 1;
  while (base >= 0 && own[base]?.operator === '+=') base -= 1;
  const value = createValue();
  const obstacle = appendAssignments(script, own, own.length - 1, value);
  if (obstacle !== null) return obstacle;
  return {
    base: own[base] ?? null,
    additions: own.slice(base + 1),
    text: value.text.join(''),
    starts: value.starts,
    ends: value.ends,
    hidden: value.hidden,
  };
};

export const isObstacle = (value: object): value is Obstacle => 'reason' in value;

type Value = {
  expansions: number;
  text: string[];
  starts: number[];
  ends: number[];
  hidden: {text: string; offset: number}[];
};

const createValue = (): Value => ({expansions: 0, text: [], starts: [], ends: [], hidden: []});

const appendAssignments = (
  script: ShellScript,
  own: readonly Assignment[],
  last: number,
  value: Value,
): Obstacle | null => {
  const assignment = own[last];
  if (assignment === undefined) return null;
  const earlier = (): Obstacle | null => appendAssignments(script, own, last - 1, value);
  const obstacle = assignment.operator === '+=' ? earlier() : null;
  return obstacle ?? appendWord(script, assignment, value, earlier);
};

const appendWord = (
  script: ShellScript,
  {name, value: word}: Assignment,
  value: Value,
  appendEarlier: () => Obstacle | null,
): Obstacle | null => {
  for (let index = 0; index < word.text.length; index += 1) {
    if (value.expansions > maximumExpansions)
      return {offset: word.start, reason: 'the value refers to itself too often', isBroken: false};
    if (value.text.length > kernelLineBytes)
      return {
        offset: word.start,
        reason: `the value is longer than the ${kernelLineBytes} bytes that the kernel reads of its command line`,
        isBroken: true,
      };
    const expansion = word.expansions.get(index);
    if (expansion === undefined) {
      value.text.push(word.text[index] ?? '');
      value.starts.push(word.starts[index] ?? -1);
      value.ends.push(word.ends[index] ?? -1);
      continue;
    }
    value.expansions += 1;
    const obstacle =
      mentions(expansion, name) && !expansion.isCommand
        ? appendSelf(expansion, name, value, appendEarlier)
        : appendOther(script, expansion, value);
    if (obstacle !== null) return obstacle;
  }
  return null;
};

/** `$NAME`, or `${NAME:+$NAME }` and the like, of which the plain text is kept in `hidden`. */
const appendSelf = (
  expansion: Expansion,
  name: string,
  value: Value,
  appendEarlier: () => Obstacle | null,
): Obstacle | null => {
  if (expansion.name === name) return appendEarlier();
  if (/:?=/.test(expansion.source))
    return {
      offset: expansion.start,
      reason: `${expansion.source} sets the variable that it is part of`,
      isBroken: false,
    };
  value.hidden.push({text: expansion.source, offset: expansion.start});
  const obstacle = appendEarlier();
  appendFixed(value, unknownText);
  return obstacle;
};

const appendOther = (script: ShellScript, expansion: Expansion, value: Value): Obstacle | null => {
  if (expansion.isCommand) return {offset: expansion.start, reason: 'the value comes from a command', isBroken: false};
  if (expansion.name === null) {
    value.hidden.push({text: expansion.source, offset: expansion.start});
    appendFixed(value, unknownText);
    return null;
  }
  return appendVariable(script, expansion, expansion.name, value);
};

/** An own variable of the file: its text is known only if it is set once, plainly, before it is used. */
const appendVariable = (script: ShellScript, expansion: Expansion, name: string, value: Value): Obstacle | null => {
  const set = script.assignments.filter((assignment) => assignment.name === name);
  const fromCommand = set.find((assignment) =>
    [...assignment.value.expansions.values()].some((part) => part.isCommand),
  );
  if (fromCommand !== undefined)
    return {
      offset: fromCommand.start,
      reason: `${name} is part of the kernel arguments and comes from a command`,
      isBroken: false,
    };
  const [only] = set;
  const isPlain =
    set.length === 1 &&
    only !== undefined &&
    only.operator === '=' &&
    isUnconditional(only) &&
    only.start < expansion.start &&
    only.value.expansions.size === 0;
  const isSetElsewhere = script.expansions.some(
    (part) => part.name === null && part.source.startsWith(`\${${name}`) && part.source.includes('='),
  );
  if (isPlain && !isSetElsewhere) {
    for (const character of only.value.text) appendFixed(value, character);
    return null;
  }
  for (const assignment of set) value.hidden.push({text: assignment.value.text, offset: assignment.start});
  appendFixed(value, unknownText);
  return null;
};

const appendFixed = (value: Value, character: string): void => {
  value.text.push(character);
  value.starts.push(-1);
  value.ends.push(-1);
};

export const isUnconditional = (assignment: Assignment): boolean =>
  !assignment.isConditional && assignment.command.length === 0 && !assignment.hasRedirection;

export const mentions = (expansion: Expansion, name: string): boolean =>
  new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(expansion.source);
