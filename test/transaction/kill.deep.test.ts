import {recover} from '../../src/hosts/recover.ts';
import {applyChanges} from '../../src/hosts/transactions.ts';
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {bundleDriver} from '../support/bundle-driver.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {type Recovery} from '../../src/transaction/recover.ts';
import {fillHost, hostChanges, never, programs, request, silent} from './scenario.ts';
import {snapshot, withRoot} from './scratch-root.ts';
import {deepOrNight} from '../support/sizes.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-driver-'));
const driver = join(directory, 'driver.mjs');

beforeAll(() => bundleDriver(join(import.meta.dirname, 'driver.ts'), driver));
afterAll(() => rmSync(directory, {recursive: true}));

/** Runs the driver, kills it that long after it began (`null`: never); returns how long it lived and whether it was through. */
const runDriver = async (
  verb: 'apply' | 'rollback',
  root: string,
  killAfter: number | null,
): Promise<{milliseconds: number; isThrough: boolean}> => {
  const child = spawn(process.execPath, [driver, verb, root], {stdio: ['ignore', 'pipe', 'inherit']});
  let output = '';
  let began = 0;
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (began === 0) began = performance.now();
      output += chunk.toString();
      resolve();
    });
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await ready;
  // The instant of the kill is what is tested; nothing is waited for.
  if (killAfter !== null) {
    await Promise.race([delay(killAfter), ended]);
    child.kill('SIGKILL');
  }
  await ended;
  return {milliseconds: performance.now() - began, isThrough: output.includes('done')};
};

const kills = deepOrNight(20, 500);

describe('a process that is killed', () => {
  it.each(['apply', 'rollback'] as const)(
    `at ${kills} instants of %s leaves a tree that recovery makes old`,
    async (verb) => {
      const prepare = async (root: string): Promise<void> => {
        fillHost(root);
        const machine = realMachine(root, programs);
        if (verb === 'rollback') await applyChanges(machine, request(hostChanges(machine)), silent, never);
      };
      const whole = await withRoot(async (root) => {
        await prepare(root);
        const {milliseconds} = await runDriver(verb, root, null);
        return {milliseconds, tree: snapshot(root)};
      });
      const seen = new Set<Recovery['did']>();
      // A kill that comes when all is done tests nothing: on a busy machine earlier ones are added until one hits.
      for (let kill = 0; kill < kills || !seen.has('rolled-back'); kill += 1) {
        await withRoot(async (root) => {
          fillHost(root);
          const old = snapshot(root);
          rmSync(root, {recursive: true});
          await prepare(root);
          const before = snapshot(root);
          const killAfter =
            kill < kills
              ? (whole.milliseconds * (kill + Math.random())) / kills
              : // Early ones more often, as the measured run may have been the slowest; late ones never run out.
                whole.milliseconds * Math.random() ** 2;
          await runDriver(verb, root, killAfter);
          const machine = realMachine(root, programs);
          const recoveries = await recover(machine, {}, silent);
          for (const {did} of recoveries) seen.add(did);
          const allowed = recoveries.length > 0 ? [old] : [before, whole.tree];
          expect(
            allowed.map((tree) => JSON.stringify(tree)),
            `after ${killAfter} ms`,
          ).toContain(JSON.stringify(snapshot(root)));
          expect(await recover(machine, {}, silent)).toEqual([]);
        });
      }
    },
  );
});
