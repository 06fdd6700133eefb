import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {execFileSync} from 'node:child_process';
import {lstatSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {realMachine} from '../../src/system/real-machine.ts';
import {transactionId} from '../../src/transaction/path-state.ts';
import {fileChange, never, request, silent} from '../transaction/scenario.ts';

/**
 * Runs in a mount namespace of its own, with /var/lib and /run of its own. Applies to and restores one file for each line
 * of `argv[3]`, a command that gives it attributes: on the machine itself, and with `argv[2]` as another root.
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
  return [
    mode.toString(8),
    uid,
    gid,
    flags,
    say('getfattr', '-d', '-m', '-', '-e', 'hex', '--absolute-names', file),
  ].join(' ');
};

const outcomes: unknown[] = [];
for (const root of ['/', base]) {
  const machine = realMachine(root);
  for (const [index, command] of (JSON.parse(commands) as readonly string[]).entries()) {
    const directory = join(base, `${root === '/' ? 'etc' : 'other'}-${index}`);
    mkdirSync(directory);
    const file = join(directory, 'file');
    const path = root === '/' ? file : file.slice(root.length);
    writeFileSync(file, 'old');
    execFileSync('sh', ['-ec', command.replaceAll('FILE', file)]);
    const before = attributesOf(file);
    let refusal: string | null = null;
    try {
      await applyChanges(
        machine,
        request([fileChange(machine, path, 'new')], transactionId(new Date(index * 1000), 'abcd')),
        silent,
        never,
      );
    } catch (error) {
      refusal = String(error);
    }
    const applied = {text: readFileSync(file, 'utf8'), isKept: attributesOf(file) === before};
    if (refusal === null) await rollback(machine, {}, silent, never);
    outcomes.push({
      root,
      command,
      refusal,
      applied,
      restored: {text: readFileSync(file, 'utf8'), isKept: attributesOf(file) === before},
    });
  }
}
process.stdout.write(JSON.stringify(outcomes));
