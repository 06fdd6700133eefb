import {cleanup} from 'ink-testing-library';
import {resolve} from 'node:path';
import {tmpdir} from 'node:os';
import {afterEach, describe, expect, it} from 'vitest';
import {displayWidth} from '../../../src/words/width.ts';
import {keys} from '../open-wizard.tsx';
import {eightCards, knownHost, nothingSuitable} from './walk-hosts.ts';
import {type Frame, renderFrames, startWalk, walkToTheEnd} from './walk.ts';

afterEach(cleanup);

const {enter, escape, down, pageDown} = keys;
const sizes = [
  [80, 24],
  [160, 50],
] as const;

const compare = async (name: string, [columns, rows]: readonly [number, number], frames: readonly Frame[]) => {
  for (const {text} of frames) {
    expect(text).not.toContain(tmpdir());
    const lines = text.split('\n');
    expect(lines.length).toBeLessThan(rows);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
  }
  const file = resolve(import.meta.dirname, `../../golden/walks/${name}-${columns}x${rows}.txt`);
  await expect(renderFrames(frames)).toMatchFileSnapshot(file);
};

/** From the start screen through every step to the applied set-up, read again and verified. */
const walkThrough = async (root: string, columns: number, rows: number) => {
  const walk = await startWalk(root, {columns, rows});
  await walkToTheEnd(walk);
  await walk.press(enter);
  expect(walk.outcome()).toMatchObject({reason: 'again', appliedId: expect.any(String)});
  await walk.reopen();
  await walk.see(/✓ \d+ kept/);
  walk.keep('This machine, verified');
  return walk;
};

describe.each(sizes)('a walk from the start screen to the verified set-up, %sx%s', (columns, rows) => {
  it.each([
    ['two-cards', () => knownHost('ryzen-two-cards')],
    ['one-card', () => knownHost('ryzen-one-card')],
    ['laptop', () => knownHost('laptop-optimus')],
    ['eight-cards', eightCards],
  ])('on a host with %s', async (name, makeRoot) => {
    const walk = await walkThrough(makeRoot(), columns, rows);
    const verified = walk.frame();
    expect(verified).not.toContain('not kept');
    await compare(name, [columns, rows], walk.frames);
  });

  it('on a host with nothing suitable, which ends where there is nothing to choose', async () => {
    const walk = await startWalk(nothingSuitable(), {columns, rows});
    walk.keep();
    await walk.press(enter);
    walk.keep();
    await walk.press(enter);
    walk.keep();
    expect(walk.frame()).toContain('This machine has no graphics card');
    await walk.press(enter);
    expect(walk.title()).toBe('Device');
    await walk.press('q');
    walk.keep('Leave');
    await walk.press('y');
    expect(walk.outcome()).toMatchObject({reason: 'left', appliedId: null});
    await compare('nothing', [columns, rows], walk.frames);
  });

  it('on a host that is set up already: what is left to do, verify, and the way back', async () => {
    const root = knownHost('ryzen-two-cards');
    const first = await walkThrough(root, columns, rows);
    first.close();
    const walk = await startWalk(root, {columns, rows});
    await walk.see(/✓ \d+ kept/);
    walk.keep();
    await walk.press(pageDown);
    walk.keep('This machine, scrolled');
    await walk.press(down, enter);
    walk.keep();
    await walk.press(escape, down, enter);
    await walk.see(/Type /);
    walk.keep();
    await walk.press('rollback', enter);
    await walk.see(/Restored to the byte/);
    walk.keep('Roll back, done');
    await walk.press(enter);
    await walk.reopen();
    expect(walk.frame()).toContain('Nothing is set up');
    walk.keep('This machine, as before');
    await compare('set-up-already', [columns, rows], walk.frames);
  });
});
