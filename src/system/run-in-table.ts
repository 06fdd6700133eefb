import {basename} from 'node:path';
import type {Machine, Program, RunRequest, RunResult} from './machine.ts';

/** Stand-ins for programs, by name, below another root or in a dry run; what has none is not run. */
export const runInTable = async (
  programs: Readonly<Record<string, Program>>,
  machine: Machine,
  request: RunRequest,
  whyNot = 'not run: another root',
): Promise<RunResult> => {
  const program = programs[basename(request.argv[0])];
  if (program === undefined) return {state: 'not-run', reason: whyNot};
  const {exitCode, stdout = ''} = await program(request.argv, machine, request);
  const lastLines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .slice(-20);
  if (lastLines.length > 0) request.onOutput(lastLines);
  const problem = request.signal.aborted
    ? 'it was interrupted'
    : exitCode === 0
      ? null
      : `it ended with code ${exitCode}`;
  return {state: 'ended', exitCode, problem, stdout, lastLines};
};
