import {integer, listOf, literal, nullable, optional, shape, text, wordOf} from '../decode/decode.ts';
import {NoRightsError} from '../errors.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import type {KeptRun} from '../transaction/prune.ts';
import type {UnreadableRun} from '../transaction/runs.ts';
import {printable} from '../words/printable.ts';
import {type Command, exitCodes} from './command.ts';

type Options = {readonly prune: boolean; readonly yes: boolean};

type Shown = {
  readonly runs: readonly HistoryEntry[];
  readonly unreadable: readonly UnreadableRun[];
  readonly kept: readonly KeptRun[];
  /** `null` where that was not asked for. */
  readonly pruned: readonly KeptRun[] | null;
};

type Document = Omit<Shown, 'pruned'> & {
  readonly version: 1;
  /** With `--prune`: the runs whose journals were removed. */
  readonly pruned?: readonly string[];
};

const texts = listOf(text);
const runState = wordOf<HistoryEntry['commands'][number]['state']>({
  pending: true,
  started: true,
  ran: true,
  'not-run': true,
  undone: true,
});

export const history: Command<Options, Shown, Document> = {
  run: async (context) => {
    const host = await context.host();
    const look = async (): Promise<Omit<Shown, 'pruned'>> => ({
      runs: await host.history(),
      unreadable: await host.unreadable(),
      kept: await host.measureRuns(),
    });
    const before = await look();
    if (!context.options.prune) return {...before, pruned: null};
    if (!host.mayWrite) throw new NoRightsError('Only root can remove journals.', 'Run it again with sudo.');
    const idle = before.kept.filter(({use}) => use === null);
    context.show(idle.map(({id, bytes}) => `  remove ${id}  ${describeBytes(bytes)}\n`).join(''));
    if (idle.length === 0 || !(await context.confirm('prune'))) return {...before, pruned: []};
    const pruned = await host.pruneRuns();
    return {...(await look()), pruned};
  },
  exitCode: () => exitCodes.done,
  document: ({runs, unreadable, kept, pruned}) => ({
    version: 1,
    runs,
    unreadable,
    kept,
    ...(pruned === null ? {} : {pruned: pruned.map(({id}) => id)}),
  }),
  shape: shape<Document>({
    version: literal(1),
    runs: listOf(
      shape<HistoryEntry>({
        id: text,
        profile: text,
        state: wordOf<HistoryEntry['state']>({applied: true, 'rolled-back': true, failed: true, interrupted: true}),
        startedAt: text,
        toolVersion: text,
        failure: nullable(text),
        paths: texts,
        backups: listOf(shape<HistoryEntry['backups'][number]>({path: text, backup: text})),
        commands: listOf(
          shape<HistoryEntry['commands'][number]>({argv: texts, state: runState, reason: nullable(text)}),
        ),
        journal: text,
      }),
    ),
    unreadable: listOf(
      shape<UnreadableRun>({
        id: text,
        kind: wordOf<UnreadableRun['kind']>({lost: true, damaged: true, newer: true, stray: true}),
        problem: text,
        nextStep: text,
      }),
    ),
    kept: listOf(
      shape<KeptRun>({
        id: text,
        bytes: integer,
        use: nullable(wordOf<NonNullable<KeptRun['use']>>({rollback: true, edit: true})),
      }),
    ),
    pruned: optional(texts),
  }),
  describe: ({runs, unreadable, kept, pruned}) =>
    [
      pruned === null && runs.length === 0 && unreadable.length === 0 ? 'No run was ever applied here.\n' : '',
      (pruned === null ? runs : []).map(describeEntry).join('\n'),
      ...unreadable.map(({problem, nextStep}) => `${printable(problem)}\n  → ${printable(nextStep)}\n`),
      pruned === null ? describeKept(kept) : describePruned(pruned),
    ].join(''),
};

const describeKept = (kept: readonly KeptRun[]): string => {
  if (kept.length === 0) return '';
  const idle = kept.filter(({use}) => use === null);
  const rest =
    idle.length === 0
      ? ''
      : ` \`vfio-pilot history --prune\` removes ${idle.length === 1 ? 'one that is' : `${idle.length} that are`} undone (${describeBytes(sum(idle))}).`;
  return `\n${kept.length === 1 ? 'The journal takes' : `${kept.length} journals take`} up ${describeBytes(sum(kept))}.${rest}\n`;
};

const describePruned = (pruned: readonly KeptRun[]): string =>
  pruned.length === 0
    ? 'No journal was removed.\n'
    : `Removed ${pruned.length === 1 ? 'one journal' : `${pruned.length} journals`} (${describeBytes(sum(pruned))}).\n`;

const sum = (runs: readonly KeptRun[]): number => runs.reduce((total, {bytes}) => total + bytes, 0);

const describeBytes = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const describeEntry = (entry: HistoryEntry): string => {
  const commands = entry.commands.map(
    ({argv, state, reason}) =>
      `  ${state.padEnd(8)} ${printable(argv.join(' '))}${reason === null ? '' : ` (${printable(reason)})`}\n`,
  );
  return [
    `${entry.id}  ${entry.state}  profile ${printable(entry.profile)}  (vfio-pilot ${entry.toolVersion})\n`,
    entry.failure === null ? '' : `  failed: ${printable(entry.failure)}\n`,
    ...entry.paths.map((path) => `  file     ${printable(path)}\n`),
    ...commands,
    `  journal  ${entry.journal}\n`,
  ].join('');
};
