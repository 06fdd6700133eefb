import {execFileSync} from 'node:child_process';
import {lstatSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {realMachine} from '../../src/system/real-machine.ts';
import {applyChanges} from '../../src/transaction/apply.ts';
import {transactionId} from '../../src/transaction/paths.ts';
import {rollback} from '../../src/transaction/rollback.ts';
import {fileChange, never, request, silent} from '../transaction/scenario.ts';

/**
 * Runs in a mount namespace of its own, with /var/lib and /run of its own: only on the machine itself are more than
 * owner and mode kept. Applies to and restores one file for each line of `argv[3]`, a command that gives it attributes.
 */
const [, , base = '', commands = '[]'] = process.argv;

const say = (program: string, ...args: readonly string[]): string => {
  try {
    return execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
  } catch {
    return '';
  }
};

const attributesOf = (file: string): string => {
  const {mode, uid, gid} = lstatSync(file);
  const flags = (say('lsattr', '-d', file).split(' ')[0] ?? '').replaceAll(/[eEINV-]/gu, '');
  return [mode.toString(8), uid, gid, flags, say('getfattr', '-d', '-m', '-', '-e', 'hex', '--absolute-names', file)].join(' ');
};

const machine = realMachine('/');
const outcomes: unknown[] = [];
for (const [index, command] of (JSON.parse(commands) as readonly string[]).entries()) {
  const directory = join(base, `etc-${index}`);
  mkdirSync(directory);
  const file = join(directory, 'file');
  writeFileSync(file, 'old');
  execFileSync('sh', ['-ec', command.replaceAll('FILE', file)]);
  const before = attributesOf(file);
  let refusal: string | null = null;
  try {
    await applyChanges(machine, request([fileChange(machine, file, 'new')], transactionId(new Date(index * 1000), 'abcd')), silent, never);
  } catch (error) {
    refusal = String(error);
  }
  const applied = {text: readFileSync(file, 'utf8'), isKept: attributesOf(file) === before};
  if (refusal === null) await rollback(machine, {}, silent, never);
  outcomes.push({command, refusal, applied, restored: {text: readFileSync(file, 'utf8'), isKept: attributesOf(file) === before}});
}
process.stdout.write(JSON.stringify(outcomes));
