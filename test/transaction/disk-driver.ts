import {applyChanges} from '../../src/hosts/transactions.ts';
import {execFileSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {TransactionError} from '../../src/errors.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {fileChange, never, request} from './scenario.ts';
import {put, text} from './scratch-root.ts';

/** Runs in a mount namespace of its own: applies one larger file on a tmpfs of each size, in steps of 4 KiB. */
const [, , base, where, step = '1'] = process.argv;
if (base === undefined) throw new Error('which directory?');
const old = 'old '.repeat(10_000);
const wanted = 'new '.repeat(25_000);
const results: unknown[] = [];
for (let pages = 14; pages < 200; pages += Number(step)) {
  const root = join(base, `root-${pages}`);
  const disk = join(root, where === 'all' ? '' : (where ?? ''));
  mkdirSync(disk, {recursive: true});
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${pages * 4}k`, 'none', disk]);
  put(root, '/etc/a', old);
  const machine = realMachine(root);
  const changes = [fileChange(machine, '/etc/a', wanted), fileChange(machine, '/etc/b', wanted)];
  let isWriting = false;
  let outcome = 'applied';
  try {
    await applyChanges(
      machine,
      request(changes),
      (event) => (isWriting ||= event.kind === 'step' && event.step === 'lock'),
      never,
    );
  } catch (error) {
    const isRestored = error instanceof TransactionError && error.isRestored;
    outcome = !isRestored ? 'not-restored' : isWriting ? 'restored' : 'refused';
  }
  const isWhole =
    text(root, '/etc/a') === (outcome === 'applied' ? wanted : old) &&
    (machine.stat('/etc/b') !== null) === (outcome === 'applied');
  results.push({size: pages * 4096, outcome, isWhole});
  execFileSync('umount', [disk]);
}
process.stdout.write(JSON.stringify(results));
