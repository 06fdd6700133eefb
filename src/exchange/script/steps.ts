import type {CommandArtifact, CreatedArtifact, GeneratedArtifact} from '../../artifacts/artifact.ts';
import {type Change, type FileChange, isFileChange, type RunChange, type SymlinkChange} from '../../changes/change.ts';

/** A path that the script changes, with its number in there. */
export type ScriptFile = {readonly number: number} & (
  | {readonly how: 'write' | 'guest'; readonly change: FileChange}
  | {readonly how: 'link'; readonly change: SymlinkChange}
  | {readonly how: 'remove'; readonly change: FileChange | SymlinkChange}
  | {readonly how: 'made'; readonly change: GeneratedArtifact}
);

export type ScriptCommand = {readonly number: number; readonly command: CommandArtifact};

export type Steps = {
  readonly files: readonly ScriptFile[];
  readonly commands: readonly ScriptCommand[];
  /** Files that the script does not make. */
  readonly created: readonly CreatedArtifact[];
  /** Calls of functions, in the order of `apply` and of `undo`. */
  readonly apply: readonly string[];
  readonly undo: readonly string[];
};

/**
 * The order of the transaction: files, guests, programs, then entries that name what programs have made, and commands
 * about those. Undo goes backwards, and runs commands about files once these are back.
 */
export const orderSteps = (changes: readonly Change[], isGuest: (path: string) => boolean): Steps => {
  const runs = changes.filter((change): change is RunChange => change.kind === 'run').map(({command}) => command);
  const present = changes.filter((change) => change.kind !== 'run').map((change) => fileOf(change, isGuest));
  const generated = runs.filter((run) => run.kind === 'generated').map((change) => ({how: 'made', change}) as const);
  const files = [...present, ...generated].map((file, index) => ({...file, number: index + 1}));
  const commands = runs.filter((run) => run.kind === 'command').map((command, index) => ({number: index + 1, command}));

  const last = files.filter(isLast);
  const entries = new Set(files.filter((file) => isLast(file) || isOwnImage(file)).map(({change}) => change.path));
  const first = files.filter((file) => !isLast(file));
  const isLate = ({command}: ScriptCommand): boolean => command.triggers.some((path) => entries.has(path));
  const [late, early] = [commands.filter(isLate), commands.filter((one) => !isLate(one))];
  const hasOwnImage = files.some(isOwnImage);

  const programs = runs.flatMap((run) => {
    const file = files.find(({change}) => change === run);
    const command = early.find((one) => one.command === run);
    return [
      ...(file === undefined ? [] : [`make ${file.number} new`]),
      ...(command === undefined ? [] : [callOf(command)]),
    ];
  });
  return {
    files,
    commands,
    created: runs.filter((run) => run.kind === 'created'),
    apply: [
      ...first.filter(({how}) => how !== 'guest' && how !== 'made').map(({number}) => `put ${number}`),
      ...first.filter(({how}) => how === 'guest').map(({number}) => `define ${number}`),
      ...programs,
      ...last.map(({number}) => `${hasOwnImage ? 'put_with_image' : 'put'} ${number}`),
      ...late.map(callOf),
    ],
    undo: [
      ...takeBack(late),
      ...[...last.toReversed(), ...first.toReversed()].map(({number}) => `restore ${number}`),
      'remove_directories',
      ...files.filter(({how}) => how === 'made').map(({number}) => `make_again ${number}`),
      ...takeBack(early),
    ],
  };
};

const fileOf = (change: FileChange | SymlinkChange, isGuest: (path: string) => boolean) => {
  if (change.kind === 'remove') return {how: 'remove', change} as const;
  return isFileChange(change)
    ? ({how: isGuest(change.path) ? 'guest' : 'write', change} as const)
    : ({how: 'link', change} as const);
};

const isLast = ({change}: ScriptFile): boolean => 'placing' in change && change.placing === 'last';

/** An image that the plan makes for itself can be an entry without any other file. */
const isOwnImage = ({how, change}: ScriptFile): boolean => how === 'made' && change.onRollback === 'remove';

/** Without an undo and with something to read back, it is there to be looked at. */
const callOf = ({number, command}: ScriptCommand): string =>
  `${command.undo === null && command.effect !== undefined ? 'look' : 'run'} ${number}`;

const takeBack = (commands: readonly ScriptCommand[]): readonly string[] =>
  commands
    .filter(({command}) => command.undo !== null)
    .toReversed()
    .map(({number}) => `take_back ${number}`);
