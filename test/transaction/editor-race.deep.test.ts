import {spawn} from 'node:child_process';
import {readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {recover} from '../../src/hosts/recover.ts';
import {applyChanges} from '../../src/hosts/transactions.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {figure} from '../figures/figure.ts';
import {deepOrNight} from '../support/sizes.ts';
import {fileChange, never, request, silent} from './scenario.ts';
import {put, withRoot} from './scratch-root.ts';

/** Appends numbered lines in place, as `echo >> file` does, and notes each in a log of its own once the file is closed. */
const editor = `
  const {openSync, writeSync, closeSync, appendFileSync} = require('node:fs');
  const [file, log, pause] = process.argv.slice(1);
  let line = 0;
  const edit = () => {
    const fd = openSync(file, 'a');
    writeSync(fd, '# ' + line + '\\n');
    closeSync(fd);
    appendFileSync(log, line + '\\n');
    line += 1;
    setTimeout(edit, Math.random() * pause);
  };
  process.stdout.write('begun');
  edit();
`;

type Race = {readonly lost: number; readonly lines: number; readonly applied: number};

/** Lines that the editor saved, with up to `pauseMs` between two, and that are neither in the file at the end nor in a backup. */
const race = (
  wanted: number,
  pauseMs: number,
  replaceOnce: (root: string, attempt: number) => Promise<boolean> | boolean,
): Promise<Race> =>
  withRoot(async (root) => {
    put(root, '/etc/a', '');
    const [file, log] = [join(root, 'etc/a'), join(root, 'log')];
    const child = spawn(process.execPath, ['-e', editor, file, log, String(pauseMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    await new Promise<void>((begun) => child.stdout.once('data', () => begun()));
    let applied = 0;
    // On a slow machine nearly every attempt meets an edit, and each is one journal more to read: it need not succeed so often.
    for (let attempt = 0; applied < wanted && attempt < wanted * 3; attempt += 1)
      if (await replaceOnce(root, attempt)) applied += 1;
    child.kill('SIGTERM');
    await ended;
    const saved = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const backups = readdirSync(root, {recursive: true, encoding: 'utf8'})
      .filter((path) => /\/backup\/./.test(path))
      .map((path) => join(root, path));
    const present = new Set([file, ...backups].flatMap((kept) => readFileSync(kept, 'utf8').split('\n')));
    return {lost: saved.filter((line) => !present.has(`# ${line}`)).length, lines: saved.length, applied};
  });

const replacements = deepOrNight(24, 2000);

const ours = async (root: string, attempt: number): Promise<boolean> => {
  const machine = realMachine(root);
  const change = fileChange(machine, '/etc/a', `${machine.read('/etc/a').toString()}ours ${attempt}\n`);
  const id = `20260131T120000Z-${attempt.toString(36).padStart(4, '0')}`;
  const isApplied = await applyChanges(machine, request([change], id), silent, never).then(
    () => true,
    () => false,
  );
  // An edit that came after the last look is left alone and told; a person would have to agree to it.
  if (!isApplied) await recover(machine, {acceptPresent: true}, silent);
  return isApplied;
};

/** Atomic, and blind for what happens in between. */
const blind = (root: string, attempt: number): boolean => {
  const file = join(root, 'etc/a');
  writeFileSync(`${file}.new`, `${readFileSync(file, 'utf8')}ours ${attempt}\n`);
  renameSync(`${file}.new`, file);
  return true;
};

describe('an editor that saves in place while the file is replaced again and again', () => {
  it('loses no line', async () => {
    let [lost, lines, applied] = [0, 0, 0];
    // Where a replacement takes longer than the editor rests, none ever succeeds: the editor rests longer each time.
    for (let pauseMs = 40; lines <= 10 || applied === 0; pauseMs *= 4) {
      const again = await race(replacements, pauseMs, ours);
      [lost, lines, applied] = [lost + again.lost, lines + again.lines, applied + again.applied];
    }
    figure('D3', '0 lost lines', `${lost} lost lines`);
    expect(lines).toBeGreaterThan(10);
  });

  it('loses lines to a writer that only renames (control)', async () => {
    let lost = 0;
    while (lost === 0) ({lost} = await race(replacements * 200, 6, blind));
    figure('D3 control', '≥ 1 lost line', lost);
    expect(lost).toBeGreaterThan(0);
  });
});
