import {CommandError} from '../errors.ts';
import type {RunResult} from '../system/machine.ts';
import type {Transaction} from './transaction.ts';

type Argv = readonly [string, ...string[]];

/** Runs one program and tells of it; throws CommandError when it fails. */
export const runCommand = async ({machine, events, signal}: Transaction, argv: Argv, timeoutSeconds: number): Promise<RunResult> => {
  events({kind: 'command', argv, state: 'started', detail: null});
  const result = await machine.run({argv, timeoutSeconds, signal, onOutput: (lines) => events({kind: 'output', argv, lines})});
  if (result.state === 'not-run') {
    events({kind: 'command', argv, state: 'not-run', detail: result.reason});
    return result;
  }
  events({kind: 'command', argv, state: 'ended', detail: result.problem});
  if (result.problem !== null) throw commandError(argv, result);
  return result;
};

const commandError = (argv: Argv, result: Extract<RunResult, {state: 'ended'}>): CommandError => {
  const said = result.lastLines.slice(-3).join(' / ');
  return new CommandError(`${argv.join(' ')}: ${result.problem ?? 'it failed'}${said === '' ? '' : ` — ${said}`}`, {
    argv,
    exitCode: result.exitCode,
    nextStep: 'Run the command by hand to see what it says.',
  });
};
