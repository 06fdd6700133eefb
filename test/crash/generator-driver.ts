import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {realMachine} from '../../src/system/real-machine.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {transactionId} from '../../src/transaction/path-state.ts';
import {fileChange, generated, never, request, silent} from '../transaction/scenario.ts';

/** Runs in a mount namespace of its own, where `slow-generator` is a program of the machine. */
const [, self = '', base = '', verb = 'all', count = '20'] = process.argv;
const image = join(base, 'boot/image');
const setting = join(base, 'etc/setting');
const machine = realMachine('/');

const apply = async (number: number): Promise<boolean> => {
  const changes = [
    fileChange(machine, setting, 'new'),
    generated(
      image,
      ['slow-generator', '{output}'],
      [setting],
      [
        {kind: 'size', minimumRatio: 0.5},
        {kind: 'contains', texts: ['complete']},
      ],
    ),
  ];
  try {
    await applyChanges(machine, request(changes, transactionId(new Date(number * 1000), 'abcd')), silent, never);
    return true;
  } catch {
    return false;
  }
};

const old = `${'old '.repeat(1000)}complete`;
const isOld = (): boolean => readFileSync(image, 'utf8') === old;

if (verb !== 'all') {
  await apply(Number(verb));
} else {
  for (const directory of ['boot', 'etc']) mkdirSync(join(base, directory));
  writeFileSync(image, old);
  writeFileSync(setting, 'old');
  const faults: string[] = [];
  for (let kill = 0; kill < Number(count); kill += 1) {
    const piece = Math.floor((kill * 40) / Number(count));
    const victim = kill % 2 === 0 ? 'generator' : 'program';
    writeFileSync('/run/kill', `${victim} ${piece}\n`);
    const context = `${victim} at ${piece} MB`;
    const {signal} = spawnSync(process.execPath, [self, base, String(kill)]);
    if (victim === 'program' && signal !== 'SIGKILL') faults.push(`${context}: the program was not killed`);
    if (!isOld()) faults.push(`${context}: the image is not the old one`);
    await recover(machine, {}, silent);
    if (!isOld() || readFileSync(setting, 'utf8') !== 'old') faults.push(`${context}: recovery did not bring all back`);
    if (readHistory(machine)[0]?.state !== 'failed') faults.push(`${context}: it is not called failed`);
    const names = [...readdirSync(join(base, 'boot')), ...readdirSync(join(base, 'etc'))];
    if (names.length !== 2) faults.push(`${context}: left ${names.join()}`);
  }
  // Otherwise nothing was tested.
  writeFileSync('/run/kill', 'nobody 0\n');
  if (!(await apply(1000)) || isOld()) faults.push('without a kill it is not installed');
  await rollback(machine, {}, silent, never);
  if (!isOld()) faults.push('it is not restored');
  // A program that writes over the file itself is why ours is asked to write elsewhere.
  writeFileSync('/run/kill', 'generator 20\n');
  spawnSync('slow-generator', [image]);
  process.stdout.write(JSON.stringify({faults, isInPlaceCaught: !isOld()}));
}
