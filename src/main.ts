import {constants} from 'node:os';
import {fileURLToPath} from 'node:url';
import {type BaseContext, exitCodes, type Presented, renderDocument, type Style} from './commands/command.ts';
import {isTransactional, parse, readManner, type Request} from './commands/parse.ts';
import {programName} from './commands/program-name.ts';
import {describeError, errorDocument, judgeError} from './commands/report-error.ts';
import {UsageError} from './errors.ts';
import type {Host} from './hosts/host.ts';
import {machineError} from './system/machine-error.ts';
import {isSingleFile} from './system/single-file.ts';
import {findUnsafeStart} from './system/start-guard.ts';
import {escapeJson, printable, printableOutput} from './words/printable.ts';
import {withProgramName} from './words/with-program-name.ts';

declare const VFIO_PILOT_VERSION: string;

const argv = process.argv.slice(2);
const manner = readManner(argv);
const name = programName({
  script: process.argv[1] ?? 'vfio-pilot',
  isSingleFile,
  directory: process.cwd(),
  environment: process.env,
});
const hasColor =
  process.stdout.isTTY && !argv.includes('--no-color') && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
const style: Style = {
  hasColor,
  columns: process.stdout.columns ?? 80,
  program: name,
  typed: (command) => `${name} ${command}`,
  hint: (text) => withProgramName(text, name),
};

const safe = (text: string): string => (manner.json ? escapeJson(text) : printableOutput(text, hasColor));
const out = (text: Presented['out']): void => {
  for (const part of typeof text === 'string' ? [text] : text) process.stdout.write(safe(part));
};
const note = (text: string): void => void process.stderr.write(printableOutput(text, hasColor));

const main = async (): Promise<number> => {
  // Inherited by every program that is run; 077 from a hardened root shell would make /boot files unreadable.
  process.umask(0o022);
  const request = parse(argv);
  if (request.kind === 'version')
    return manner.json ? print('version', VFIO_PILOT_VERSION) : write(`${VFIO_PILOT_VERSION}\n`);
  if (request.kind === 'help') {
    const page = (await import('./commands/help.ts')).helpText(request.topic);
    if (manner.json) return print('help', page);
    await outOrPager(page);
    return exitCodes.done;
  }
  if (request.kind === 'demo-list') {
    const {demoList, demoListDocument} = await import('./commands/demo-list.ts');
    return write(manner.json ? renderDocument(demoListDocument()) : demoList(name));
  }
  refuseUnsafeStart();
  const {
    exitCode,
    out: result,
    remarks,
    failure,
  } = await request.verb.perform(request.args, await createContext(request));
  await (request.verb.isTransactional ? out(result) : outOrPager(result));
  note(remarks);
  if (failure !== null) throw failure;
  return exitCode;
};

/** What is longer than the screen, on a terminal. What asks or draws by itself is not given to a pager. */
const outOrPager = async (text: Presented['out']): Promise<void> => {
  const {isTTY, columns, rows} = process.stdout;
  if (
    typeof text !== 'string' ||
    !isTTY ||
    manner.json ||
    manner.noPager ||
    (await import('./words/fits-screen.ts')).fitsScreen(text, {columns, rows})
  )
    return out(text);
  const {choosePager, showInPager} = await import('./system/pager.ts');
  const pager = choosePager({isRoot: isRoot(), environment: process.env});
  if (pager === null) return out(text);
  isPaging = true;
  const isShown = await showInPager(pager, safe(text));
  isPaging = false;
  if (!isShown) out(text);
};

const write = (text: string): number => {
  process.stdout.write(text);
  return exitCodes.done;
};

const print = async (kind: 'version' | 'help', text: string): Promise<number> => {
  const {helpDocument, versionDocument} = await import('./commands/schema.ts');
  return write(renderDocument(kind === 'version' ? versionDocument(text) : helpDocument(text)));
};

const isRoot = (): boolean => process.geteuid?.() === 0;

const refuseUnsafeStart = (): void => {
  const unsafe = findUnsafeStart({isRoot: isRoot(), environment: process.env, nodeArguments: process.execArgv});
  if (unsafe === null) return;
  const without = unsafe.variables.flatMap((variable) => ['-u', variable]);
  throw new UsageError(
    unsafe.reason,
    `Start it without: ${process.env['SUDO_UID'] === undefined ? '' : 'sudo '}${without.length === 0 ? '' : `env ${without.join(' ')} `}${name} …`,
  );
};

/** 130 of SIGINT stands for all of them within the program. */
let endedBy: NodeJS.Signals = 'SIGINT';
/** The command is done, and its text is with the pager, whose Ctrl-C it is. */
let isPaging = false;
const codeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

const createContext = async ({
  verb,
  positionals,
  common,
  args,
}: Extract<Request, {kind: 'command'}>): Promise<BaseContext> => {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    process.on(signal, () => {
      // A command that does not listen for the abort would otherwise hang on it.
      if ((controller.signal.aborted || isPaging) && signal === 'SIGINT') return;
      if (!controller.signal.aborted) endedBy = signal;
      controller.abort(signal);
      // What is transactional restores the machine before it ends; the wizard handles its own keys.
      if (!verb.isTransactional) process.exit(codeOf(signal));
    });
  }
  const isDry = verb.isTransactional && args.includes('--dry-run');
  let opened: Promise<Host> | null = null;
  const open = async (): Promise<Host> => {
    const {openHost} = await import('./commands/open-host.ts');
    const host = await openHost({...common, isDry, version: VFIO_PILOT_VERSION}, note);
    if (verb.isTransactional && host.isLive && !isDry && isRoot()) await judge();
    return host;
  };
  const host = (): Promise<Host> => (opened ??= open());
  const {describeProgress} = await import('./commands/describe-progress.ts');
  return {
    positionals,
    json: common.json,
    isPlain: common.noColor,
    demo: common.demo,
    over: common.over,
    version: VFIO_PILOT_VERSION,
    style,
    host,
    show: (text) => (common.json ? undefined : out(text)),
    note,
    onProgress: describeProgress(note, {
      json: common.json,
      isDry,
      isLive: common.root === null && common.demo === null && common.over === null,
    }),
    confirm: async (word) =>
      args.includes('--yes') || (await import('./commands/ask-for-word.ts')).askForWord(word, controller.signal),
    signal: controller.signal,
  };
};

const judge = async (): Promise<void> => {
  const {judgeExecutable, judgeProgram} = await import('./commands/judge-program.ts');
  const warning = isSingleFile
    ? judgeExecutable(process.execPath)
    : judgeProgram(fileURLToPath(import.meta.url), process.argv[1]);
  if (warning !== null) note(warning);
};

const report = (error: unknown): number => {
  const judged = judgeError(error, VFIO_PILOT_VERSION);
  const named = {...judged, nextStep: style.hint(judged.nextStep)};
  if (manner.json) out(renderDocument(errorDocument(named)));
  // Messages name files, and a file may be named to play with the terminal.
  else process.stderr.write(describeError(named, manner.verbose).split('\n').map(printable).join('\n'));
  return named.exitCode;
};

/**
 * The reader went away (`vfio-pilot facts | head`), or the disk of the file is full. Never a reason to leave a machine
 * half changed: what is transactional goes on in silence, and the journal and the exit code say the rest.
 */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (isTransactional(argv)) return;
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  const judged = judgeError(machineError('write', 'the standard output', error), VFIO_PILOT_VERSION);
  process.stderr.write(describeError(judged, manner.verbose));
  process.exit(judged.exitCode);
});
process.stderr.on('error', () => undefined);

const run = async (): Promise<number> => {
  try {
    return await main();
  } catch (error) {
    return report(error);
  }
};

const code = await run();
process.exitCode = code === exitCodes.interrupted ? codeOf(endedBy) : code;
