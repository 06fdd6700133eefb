import {
  type Assignment,
  type ShellCommand,
  type ShellScript,
  unknownText,
  type Word,
} from '../../formats/shell/script.ts';
import {type GrubVariableName, grubVariables, isUnconditional, mentions, type Obstacle} from './grub-variable.ts';

/** What in the file makes it unsafe to say what the two variables hold; the first one found. */
export const findObstacle = (script: ShellScript): Obstacle | null => {
  for (const assignment of script.assignments) {
    const obstacle = isOurs(assignment.name) ? judgeAssignment(script, assignment) : null;
    if (obstacle !== null) return obstacle;
  }
  for (const command of script.commands) {
    const obstacle = judgeCommand(script, command);
    if (obstacle !== null) return obstacle;
  }
  const setter = script.expansions.find(({source}) =>
    /\$\{GRUB_CMDLINE_LINUX(?:_DEFAULT)?:?=|^\$\(\([^]*GRUB_CMDLINE_LINUX/.test(source),
  );
  return setter === undefined
    ? null
    : {offset: setter.start, reason: `${setter.source} may set the variable`, isBroken: false};
};

/** A place outside the variable's own assignments that would change with it. */
export const findReader = (script: ShellScript, name: GrubVariableName): Obstacle | null => {
  const own = new Set(
    script.assignments
      .filter((assignment) => assignment.name === name)
      .flatMap((assignment) => [...assignment.value.expansions.values()].map((part) => part.start)),
  );
  const reader = script.expansions.find((expansion) => mentions(expansion, name) && !own.has(expansion.start));
  return reader === undefined
    ? null
    : {
        offset: reader.start,
        reason: `something else is made from ${name} here and would change with it`,
        isBroken: false,
      };
};

const isOurs = (name: string): name is GrubVariableName => grubVariables.some((variable) => variable === name);

const judgeAssignment = (script: ShellScript, assignment: Assignment): Obstacle | null => {
  const {name, start, value, command} = assignment;
  const at = (reason: string, isBroken = false): Obstacle => ({offset: start, reason, isBroken});
  if (command.length > 0) return at(describeTemporary(script, assignment), true);
  if (!isUnconditional(assignment)) return at(`${name} is set here only under a condition`);
  if (value.hasDollarQuote) return at('$\'…\' and $"…" mean different things to sh and to bash');
  if (assignment.isArgument && /[\s*?[\]~]|^$/.test(unquotedText(value)) && unquotedText(value) !== '')
    return at('the value is not quoted, and export splits it');
  if (/(?:^|:)~/.test(unquotedText(value))) return at('the shell replaces ~ here');
  if (assignment.isArgument && assignment.operator === '+=') return at('sh does not know export NAME+=');
  return assignment.operator === '+=' ? judgeAddition(script, assignment) : null;
};

const describeTemporary = (script: ShellScript, {name, start, value, command}: Assignment): string => {
  const words = script.text.slice(start, command.at(-1)?.end ?? value.end).split('\n', 1)[0] ?? '';
  return `"${words}" is no assignment but runs the command "${command[0]?.text ?? ''}": ${name} is not set by it. Write ${name}="…" with quotes and without spaces around =`;
};

/** bash appends; for sh, `NAME+=` is a command that does not exist. Right for both only behind a plain assignment. */
const judgeAddition = (script: ShellScript, assignment: Assignment): Obstacle | null => {
  const hasBase = script.assignments.some(
    (other) => other.name === assignment.name && other.operator === '=' && other.start < assignment.start,
  );
  return hasBase
    ? null
    : {
        offset: assignment.start,
        reason: `${assignment.name}+= has no plain assignment before it, and sh does not know +=`,
        isBroken: false,
      };
};

const unquotedText = (word: Word): string =>
  [...word.starts]
    .map((start, index) => ({start, index}))
    .filter(({start}) => !word.quotes.some((quote) => quote.open < start && start < quote.close))
    .map(({start, index}) =>
      (word.ends[index] ?? 0) - start === 1 ? (word.text[index] ?? '') : word.expansions.has(index) ? '*' : '',
    )
    .join('');

/** Commands that can set variables, stop the reading or change what words mean. */
const powerful = new Set([
  '.',
  'alias',
  'builtin',
  'command',
  'declare',
  'eval',
  'exec',
  'exit',
  'let',
  'mapfile',
  'readarray',
  'return',
  'set',
  'source',
  'trap',
  'typeset',
  'unalias',
]);
const naming = new Set(['export', 'getopts', 'local', 'printf', 'read', 'readonly', 'unset']);
/** POSIX 2.8.1: an error of a special built-in ends the shell. */
const stoppers = new Set(['export', 'readonly', 'unset']);
const harmlessFiles = new Set(['/etc/os-release', '/usr/lib/os-release', '/etc/lsb-release']);

const judgeCommand = (script: ShellScript, {start, words, isSubshell}: ShellCommand): Obstacle | null => {
  const [name, ...args] = words;
  if (name === undefined) return null;
  if (/^.?GRUB_CMDLINE_LINUX(?:_DEFAULT)?(?:=|\+=|$)/u.test(name.text.replace('\u00EF\u00BB\u00BF', '')))
    return {offset: start, reason: describeStray(name.text), isBroken: true};
  if (isSubshell) return null;
  if (name.text.includes(unknownText))
    return {offset: start, reason: 'it is unknown which command runs here', isBroken: false};
  if (powerful.has(name.text) && !isHarmless(script, name.text, args))
    return {offset: start, reason: `the command ${name.text} may change everything behind it`, isBroken: false};
  const bad = stoppers.has(name.text)
    ? args.find((arg) => !/^(?:-[a-z]|[A-Za-z_][A-Za-z0-9_]*(?:=[^]*)?)$/.test(arg.text))
    : undefined;
  if (bad !== undefined)
    return {
      offset: bad.start,
      reason: `"${bad.text}" is no name for ${name.text}, and the shell stops reading here`,
      isBroken: true,
    };
  const isNaming = naming.has(name.text) && args.some((arg) => namesOurs(name.text, arg));
  return isNaming ? {offset: start, reason: `the command ${name.text} may change the variable`, isBroken: false} : null;
};

const describeStray = (text: string): string =>
  text.startsWith('GRUB')
    ? 'this is no assignment but a command: there must be no space before =, and nothing quoted in the name'
    : 'there is a byte order mark before the name, so that the shell takes the line for a command';

/** Garuda's file reads the drop-ins on its own; they are looked at on their own. */
const isHarmless = (script: ShellScript, name: string, args: readonly Word[]): boolean => {
  const [file] = args;
  if ((name !== '.' && name !== 'source') || args.length !== 1 || file === undefined) return false;
  const variable = file.text === unknownText ? file.expansions.get(0)?.name : null;
  if (variable === null || variable === undefined) return harmlessFiles.has(file.text);
  return new RegExp(`for\\s+${variable}\\s+in\\s+\\S*/default/grub\\.d/\\*(?:\\.cfg)?\\s*;`).test(script.text);
};

const namesOurs = (command: string, arg: Word): boolean => {
  if (command === 'printf') return arg.text.startsWith('-v');
  const name = /^[^=+]*/.exec(arg.text)?.[0] ?? '';
  if (name.includes(unknownText)) return true;
  if (!isOurs(name)) return false;
  return command !== 'export' || arg.bareLength < Math.min(arg.text.length, name.length + 1);
};
