import {constants} from 'node:os';
import {CommandError, LockedError, MachineError, TransactionError, UsageError} from './errors.ts';
import type {Command, CommandContext} from './commands/context.ts';
import {exitCodes} from './commands/context.ts';
import {parseOptions, refuseMisplaced} from './commands/options.ts';
import type {Options} from './commands/options.ts';
import {findUnsafeStart} from './system/start-guard.ts';
import {escapeJson, printable, printableOutput} from './ui/printable.ts';

declare const VFIO_PILOT_VERSION: string;

/** Loaded one by one: `plan` must not pay for React, nor `--version` for anything. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import('./commands/check.ts')).check,
  facts: async () => (await import('./commands/facts.ts')).facts,
  groups: async () => (await import('./commands/groups.ts')).groups,
  topology: async () => (await import('./commands/topology.ts')).topology,
  plan: async () => (await import('./commands/plan.ts')).plan,
  apply: async () => (await import('./commands/apply.ts')).apply,
  confirm: async () => (await import('./commands/confirm-trial.ts')).confirmTrial,
  verify: async () => (await import('./commands/verify.ts')).verify,
  rollback: async () => (await import('./commands/rollback.ts')).rollback,
  history: async () => (await import('./commands/history.ts')).history,
  profile: async () => (await import('./commands/profile.ts')).profile,
  capture: async () => (await import('./commands/capture.ts')).capture,
};

const main = async (): Promise<number> => {
  // Inherited by every program that is run; 077 from a hardened root shell would make /boot files unreadable.
  process.umask(0o022);
  const options = parseOptions(process.argv.slice(2));
  if (options.isVersion) return write(`${VFIO_PILOT_VERSION}\n`);
  if (options.isHelp || options.verb === 'help') return write((await import('./commands/help.ts')).helpText);
  refuseUnsafeStart();
  const load = options.verb === null ? async () => (await import('./commands/wizard.ts')).wizard : verbs[options.verb];
  if (load === undefined || !Object.hasOwn({wizard: 1, ...verbs}, options.verb ?? 'wizard')) {
    throw new UsageError(`There is no command ${JSON.stringify(options.verb)}.`, `Commands: ${Object.keys(verbs).join(', ')}; see \`vfio-pilot --help\`.`);
  }
  refuseSurplus(options);
  refuseMisplaced(options);
  const command = await load();
  return command(createContext(options));
};

const refuseUnsafeStart = (): void => {
  const unsafe = findUnsafeStart({isRoot: process.geteuid?.() === 0, environment: process.env, nodeArguments: process.execArgv});
  if (unsafe === null) return;
  const without = unsafe.variables.length === 0 ? 'vfio-pilot …' : `env ${unsafe.variables.map((name) => `-u ${name}`).join(' ')} vfio-pilot …`;
  throw new UsageError(unsafe.reason, `Start it without: ${process.env['SUDO_UID'] === undefined ? '' : 'sudo '}${without}`);
};

const argumentCounts: Readonly<Record<string, number>> = {plan: 1, apply: 1, rollback: 1, profile: 2, capture: 1};

/** `plan a.yaml b.yaml` must not look as if both had been planned. */
const refuseSurplus = ({verb, positionals}: Options): void => {
  const surplus = positionals[argumentCounts[verb ?? ''] ?? 0];
  if (surplus !== undefined) throw new UsageError(`${verb} takes no argument ${JSON.stringify(surplus)}.`, 'See `vfio-pilot --help`.');
};

const write = (text: string): number => {
  process.stdout.write(text);
  return exitCodes.done;
};

/** 130 of SIGINT stands for all of them within the program. */
let endedBy: NodeJS.Signals = 'SIGINT';
const codeOf = (name: NodeJS.Signals): number => 128 + constants.signals[name];

const createContext = (options: Options): CommandContext => {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    process.on(name, () => {
      // A command that does not listen for the abort would otherwise hang on it.
      if (controller.signal.aborted && name === 'SIGINT') return;
      if (!controller.signal.aborted) endedBy = name;
      controller.abort(name);
      if (!isTransactional(options)) process.exit(codeOf(name));
    });
  }
  const hasColor = process.stdout.isTTY && !options.isColorOff && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return {
    options,
    version: VFIO_PILOT_VERSION,
    out: (text) => void process.stdout.write(options.isJson ? escapeJson(text) : printableOutput(text, hasColor)),
    err: (text) => void process.stderr.write(printableOutput(text, hasColor)),
    hasColor,
    columns: process.stdout.columns ?? 80,
    signal: controller.signal,
  };
};

/** These restore the machine before they end; the wizard handles its own keys. */
const isTransactional = ({verb}: Options): boolean => verb === null || verb === 'apply' || verb === 'confirm' || verb === 'rollback';

const explain = (error: unknown, isVerbose: boolean): number => {
  // Messages name files, and a file may be named to play with the terminal.
  const say = (text: string): void => void process.stderr.write(text.split('\n').map(printable).join('\n'));
  if (error instanceof UsageError) {
    say(`vfio-pilot: ${error.message}\n  → ${error.nextStep}\n`);
    return exitCodes.usage;
  }
  if (error instanceof LockedError) {
    say(`vfio-pilot: ${error.message}\n  → ${error.nextStep}\n`);
    return exitCodes.locked;
  }
  if (error instanceof TransactionError || error instanceof CommandError) {
    say(`vfio-pilot: ${error.message}\n  → ${error.nextStep}\n`);
    if (isVerbose) say(`${error.stack}\n`);
    if (error instanceof CommandError) return exitCodes.restored;
    return !error.isRestored ? exitCodes.notRestored : error.isInterrupted ? exitCodes.interrupted : exitCodes.restored;
  }
  // What comes this far was met before the first change, or in clearing away: a failing disk, and no bug of ours.
  if (error instanceof MachineError) {
    say(`vfio-pilot: ${error.message}.\n  → Put that right, then run it again.\n`);
    return exitCodes.restored;
  }
  say(`vfio-pilot: this is a bug in vfio-pilot ${VFIO_PILOT_VERSION}.\n${error instanceof Error ? error.stack : String(error)}\n  → Please report it with the output of \`vfio-pilot capture FILE.tar.gz\`.\n`);
  return exitCodes.bug;
};

/**
 * The reader went away (`vfio-pilot facts | head`), or the terminal did: no error of ours, and never a reason to leave
 * a machine half changed. What writes goes on without words; the journal and the exit code tell the rest.
 */
const isWriting = (): boolean => isTransactional(parseOptions(process.argv.slice(2)));
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (isWriting()) return;
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});
process.stderr.on('error', () => undefined);

const run = async (): Promise<number> => {
  try {
    return await main();
  } catch (error) {
    return explain(error, process.argv.includes('--verbose'));
  }
};

const code = await run();
process.exitCode = code === exitCodes.interrupted ? codeOf(endedBy) : code;
