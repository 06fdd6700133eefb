import {rmSync} from 'node:fs';
import {constants} from 'node:os';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import {beforeAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../support/host-tree.ts';
import {chooseSeed, randomOf} from '../support/random.ts';
import {type CliResult, collect, profilePath, runCli, spawnCli} from '../support/run-cli.ts';
import {differences, treeState, type TreeState} from '../support/tree-state.ts';
import {deepOrNight} from '../support/sizes.ts';

const profile = profilePath('dell-r710-gtx1050');
const kills = deepOrNight(20, 500);
const seed = chooseSeed();

/** When the signal is sent: so long after the diff was shown, and not before so many steps were told. */
type Instant = {readonly milliseconds: number; readonly steps: number};

/** Runs `apply --yes`; `milliseconds` is from the diff, with which the writing begins, to the last thing it said. */
const applyWithSignal = async (
  root: string,
  signal: NodeJS.Signals | null,
  instant: Instant = {milliseconds: 0, steps: 0},
): Promise<CliResult & {readonly milliseconds: number}> => {
  const child = spawnCli(['apply', profile, '--root', root, '--yes']);
  child.stdin.end();
  const ended = collect(child);
  await Promise.race([new Promise((shown) => child.stdout.once('data', shown)), ended]);
  const began = performance.now();
  let lastOutput = began;
  child.stdout.on('data', () => (lastOutput = performance.now()));
  // The instant is what is tested; nothing is waited for.
  if (signal !== null) {
    await Promise.race([stepsTold(child.stderr, instant.steps), ended]);
    await Promise.race([delay(instant.milliseconds), ended]);
    child.kill(signal);
  }
  const result = await ended;
  return {...result, milliseconds: lastOutput - began};
};

const stepsTold = (stderr: Readable, steps: number): Promise<void> => {
  let text = '';
  return new Promise((told) => {
    if (steps === 0) told();
    stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').length > steps) told();
    });
  });
};

const recovered =
  /^An earlier run \((\S+)\) was interrupted and (had not begun|had changed nothing yet|was undone|was completed)\b/m;

let root: string;
let old: TreeState;
let applied: TreeState;
let duration: number;

const reset = async (state: 'old' | 'applied'): Promise<void> => {
  if (state === 'applied') expect((await runCli(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
  rmSync(join(root, 'var/lib/vfio-pilot'), {recursive: true, force: true});
};

beforeAll(async () => {
  root = unpackHost('dell-r710-gtx1050');
  old = treeState(root);
  const times: number[] = [];
  // The first run is slower than the others: nothing is cached.
  for (let run = 0; run < 3; run += 1) {
    const {milliseconds} = await applyWithSignal(root, null);
    times.push(milliseconds);
    applied = treeState(root);
    await reset('applied');
  }
  duration = Math.min(...times);
});

/** Every other instant is chosen by time; the rest by the steps that are told, so that a slow machine is hit as well. */
const chooseInstant = (random: () => number, isByTime: boolean): Instant =>
  isByTime
    ? {milliseconds: random() * duration, steps: 0}
    : {milliseconds: random() * 2, steps: Math.floor(random() * 7)};

/** Whether the tree is as before or as applied; anything between the two is told in full. */
const stateOf = (now: TreeState): 'old' | 'applied' => {
  const [fromOld, fromApplied] = [differences(old, now), differences(applied, now)];
  if (Object.keys(fromOld).length > 0) expect(fromApplied, JSON.stringify(fromOld)).toEqual({});
  return Object.keys(fromOld).length === 0 ? 'old' : 'applied';
};

describe(`apply that is killed (VFIO_PILOT_SEED=${seed})`, () => {
  it('has something to do, and can be undone', () => {
    expect(differences(old, treeState(root))).toEqual({});
    expect(Object.keys(differences(old, applied)).length).toBeGreaterThan(5);
  });

  it(`at ${kills} random instants is put right by the next start, which says what it did`, async () => {
    const random = randomOf(seed);
    const seen = new Map<string, number>();
    // A kill that comes when all is done tests nothing: on a busy machine more are added until some hit.
    for (let kill = 0, hits = 0; kill < kills || hits <= kills / 10; kill += 1) {
      const isForward = kill % 3 === 2;
      await applyWithSignal(root, 'SIGKILL', chooseInstant(random, kill % 2 === 0));
      // Without --yes: it finishes what was interrupted, shows the plan, and writes nothing of its own.
      const next = await runCli(['apply', profile, '--root', root, ...(isForward ? ['--resume'] : [])]);
      const did = recovered.exec(next.stderr)?.[2] ?? 'nothing';
      seen.set(did, (seen.get(did) ?? 0) + 1);
      if (did !== 'nothing') hits += 1;
      const state = stateOf(treeState(root));
      const context = `kill ${kill} of seed ${seed}: ${next.stderr}`;
      if (did !== 'nothing') expect(state, context).toBe(did === 'was completed' ? 'applied' : 'old');
      expect(next.exitCode, context).toBe(state === 'applied' ? 0 : 2);
      await reset(state);
    }
    console.log(
      `seed ${seed}: ${kills} kills within ${Math.round(duration)} ms: ${[...seen].map(([did, count]) => `${did} ${count}`).join(', ')}`,
    );
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s ends done or restored, and never in between',
    async (signal) => {
      const random = randomOf(seed);
      for (let run = 0; run < deepOrNight(4, 40); run += 1) {
        const ended = await applyWithSignal(root, signal, chooseInstant(random, run % 2 === 0));
        const state = stateOf(treeState(root));
        // While Node ends it no longer catches signals: the run is through by then.
        const code = ended.signal === signal ? 0 : ended.exitCode;
        expect([0, 128 + constants.signals[signal]], ended.stderr).toContain(code);
        expect(state, ended.stderr).toBe(code === 0 ? 'applied' : 'old');
        expect((await runCli(['apply', profile, '--root', root])).stderr).not.toMatch(recovered);
        await reset(state);
      }
    },
  );
});
