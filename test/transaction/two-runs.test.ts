import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {bundleDriver} from '../support/bundle-driver.ts';
import {figure} from '../figures/figure.ts';
import {withRoot} from './scratch-root.ts';
import {bySize} from '../support/sizes.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-lock-driver-'));
const driver = join(directory, 'driver.mjs');
beforeAll(() => bundleDriver(join(import.meta.dirname, 'lock-driver.ts'), driver));
afterAll(() => rmSync(directory, {recursive: true}));

type Run = {readonly child: ChildProcessByStdio<Writable, Readable, null>; readonly answers: AsyncIterator<string>};

const startRun = (root: string): Run => {
  const child = spawn(process.execPath, [driver, root], {stdio: ['pipe', 'pipe', 'inherit']});
  return {child, answers: createInterface({input: child.stdout})[Symbol.asyncIterator]()};
};

const askBoth = (runs: readonly Run[]): Promise<string[]> => {
  for (const {child} of runs) child.stdin.write('\n');
  return Promise.all(runs.map(async ({answers}) => String((await answers.next()).value)));
};

const pairs = bySize(40, 200, 2000);

describe('two runs at once', () => {
  it(`of ${pairs} pairs exactly one holds the lock, also over a lock that a killed run left, and the other knows at once`, () =>
    withRoot(async (root) => {
      const runs = [startRun(root), startRun(root)];
      const state = join(root, 'var/lib/vfio-pilot');
      mkdirSync(state, {recursive: true});
      let single = 0;
      let mostCalls = 0;
      for (let pair = 0; pair < pairs; pair += 1) {
        if (pair % 2 === 0)
          writeFileSync(join(state, 'lock'), JSON.stringify({pid: process.pid, startTime: '1', bootId: 'before'}));
        const answers = await askBoth(runs);
        if (answers.filter((answer) => answer === 'held').length === 1) single += 1;
        mostCalls = Math.max(mostCalls, ...answers.map((answer) => Number(/^locked (.*)$/.exec(answer)?.[1] ?? 0)));
        await askBoth(runs);
      }
      for (const {child} of runs) child.stdin.end();
      figure('D1 holders', `${pairs}/${pairs} pairs with one holder`, `${single}/${pairs} pairs with one holder`);
      figure('D1 calls', '≤ 45 calls until the other knows', `${mostCalls} calls`);
      expect(readdirSync(state)).toEqual([]);
    }));
});
