import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {apply} from '../../src/commands/apply.ts';
import {confirmTrial} from '../../src/commands/confirm-trial.ts';
import type {CommandContext} from '../../src/commands/context.ts';
import {parseOptions} from '../../src/commands/options.ts';
import {rollback} from '../../src/commands/rollback.ts';
import {startMachine} from '../../src/commands/start-machine.ts';
import {CommandError, LockedError, TransactionError, UsageError} from '../../src/errors.ts';
import {encodeProfile} from '../../src/profile/encode-profile.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {never} from '../transaction/scenario.ts';
import {type Stage, setStage} from './history-stage.ts';

export type Verb = 'apply' | 'trial' | 'confirm' | 'rollback' | 'recover' | 'resume' | 'keep-edits' | 'rollback-keeping';

const run: Readonly<Record<Verb, (context: CommandContext) => Promise<unknown>>> = {
  apply,
  trial: apply,
  confirm: confirmTrial,
  rollback,
  'rollback-keeping': rollback,
  recover: (context) => startMachine(context, context.options.root ?? ''),
  resume: (context) => startMachine(context, context.options.root ?? ''),
  'keep-edits': (context) => startMachine(context, context.options.root ?? ''),
};
const flags: Readonly<Partial<Record<Verb, readonly string[]>>> = {trial: ['--trial'], resume: ['--resume'], 'keep-edits': ['--keep-edits'], 'rollback-keeping': ['--keep-edits']};

/** `isRefused`: it ended with one of the errors that a user is told. */
export type Said = {readonly words: string; readonly isRefused: boolean; readonly bug: string | null};

const isTold = (error: unknown): error is TransactionError | UsageError =>
  error instanceof TransactionError || error instanceof UsageError || error instanceof LockedError || error instanceof CommandError;

/** Runs a command of the program on the host, as somebody does who says yes. */
export const runVerb = async (verb: Verb, profile: string, on: Stage, more: readonly string[] = []): Promise<Said> => {
  setStage(on);
  const words: string[] = [];
  const say = (text: string): void => void words.push(text);
  const isJson = more.includes('--json');
  const options = parseOptions([verb, ...(verb === 'apply' || verb === 'trial' ? [profile] : []), '--root', tmpdir(), '--yes', ...(flags[verb] ?? []), ...more]);
  try {
    await run[verb]({options, version: '0.0.0', out: say, err: isJson ? () => undefined : say, hasColor: false, columns: 80, signal: never});
    return {words: words.join(''), isRefused: false, bug: null};
  } catch (error) {
    if (isTold(error)) return {words: `${words.join('')}${error.message} ${error.nextStep}`, isRefused: true, bug: null};
    return {words: words.join(''), isRefused: true, bug: error instanceof Error ? (error.stack ?? error.message) : String(error)};
  } finally {
    setStage(null);
  }
};

export const withProfile = async <Result>(use: (path: string) => Promise<Result>): Promise<Result> => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-history-'));
  try {
    const path = join(directory, 'sample.yaml');
    writeFileSync(path, encodeProfile(sampleProfile()));
    return await use(path);
  } finally {
    rmSync(directory, {recursive: true});
  }
};
