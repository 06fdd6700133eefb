import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {apply} from '../../src/commands/apply.ts';
import {type BaseContext, present, type Presented} from '../../src/commands/command.ts';
import {confirmTrial} from '../../src/commands/confirm-trial.ts';
import {describeProgress} from '../../src/commands/describe-progress.ts';
import {rollback} from '../../src/commands/rollback.ts';
import {startWriting} from '../../src/commands/writing.ts';
import {CommandError, LockedError, TransactionError, UsageError} from '../../src/errors.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {dryVirsh} from '../../src/hosts/dry-virsh.ts';
import {hostOf} from '../../src/hosts/here.ts';
import {encodeProfile} from '../../src/pipeline/profile-file.ts';
import {dryRunMachine} from '../../src/system/dry-run-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import type {Source} from '../../src/system/source.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {never} from '../transaction/scenario.ts';

export type Verb =
  'apply' | 'trial' | 'confirm' | 'rollback' | 'recover' | 'resume' | 'keep-edits' | 'rollback-keeping';

/** What the commands find as the machine. */
export type Stage = {readonly machine: Machine; readonly source: Source; readonly facts: () => HostFacts};

const common = {'dry-run': false, yes: true, resume: false, 'keep-edits': false};

const perform = async (verb: Verb, context: BaseContext, isDry: boolean): Promise<Presented | null> => {
  const options = {...common, 'dry-run': isDry};
  if (verb === 'apply' || verb === 'trial')
    return present(apply, await apply.run({...context, options: {...options, trial: verb === 'trial'}}), context);
  if (verb === 'confirm') return present(confirmTrial, await confirmTrial.run({...context, options}), context);
  if (verb === 'rollback' || verb === 'rollback-keeping') {
    const keeping = {...options, 'keep-edits': verb === 'rollback-keeping'};
    return present(rollback, await rollback.run({...context, options: keeping}), context);
  }
  const how = {resume: verb === 'resume', keepEdits: verb === 'keep-edits'};
  await startWriting(context, await context.host(), how);
  return null;
};

/** `isRefused`: it ended with one of the errors that a user is told. */
export type Said = {readonly words: string; readonly isRefused: boolean; readonly bug: string | null};

const isTold = (error: unknown): error is TransactionError | UsageError =>
  error instanceof TransactionError ||
  error instanceof UsageError ||
  error instanceof LockedError ||
  error instanceof CommandError;

/** Runs a command of the program on the host, as somebody does who says yes. */
export const runVerb = async (
  verb: Verb,
  profile: string,
  {machine, source, facts}: Stage,
  {isDry = false, json = false}: {readonly isDry?: boolean; readonly json?: boolean} = {},
): Promise<Said> => {
  const words: string[] = [];
  const say = (text: string): void => void words.push(text);
  const note = json ? () => undefined : say;
  const opened = isDry ? dryRunMachine(machine, {virsh: dryVirsh}) : machine;
  const host = hostOf({
    name: '/',
    isLive: true,
    isDry,
    mayWrite: true,
    toolVersion: '0.0.0',
    machine: async () => opened,
    source: async () => source,
    reader: async () => facts,
  });
  const context: BaseContext = {
    positionals: verb === 'apply' || verb === 'trial' ? [profile] : [],
    json,
    isPlain: true,
    demo: null,
    over: null,
    version: '0.0.0',
    style: {
      hasColor: false,
      columns: 80,
      program: 'vfio-pilot',
      typed: (command) => `vfio-pilot ${command}`,
      hint: (text) => text,
    },
    host: async () => host,
    show: json ? () => undefined : say,
    note,
    onProgress: describeProgress(note, {json, isDry, isLive: true}),
    confirm: async () => true,
    signal: never,
  };
  try {
    const presented = await perform(verb, context, isDry);
    const out = presented?.out ?? '';
    say(typeof out === 'string' ? out : [...out].join(''));
    note(presented?.remarks ?? '');
    return {words: words.join(''), isRefused: false, bug: null};
  } catch (error) {
    if (isTold(error))
      return {words: `${words.join('')}${error.message} ${error.nextStep}`, isRefused: true, bug: null};
    return {
      words: words.join(''),
      isRefused: true,
      bug: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
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
