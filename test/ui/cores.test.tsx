import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {WrittenProfile} from '../../src/profile/profile.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, down, up, left, right} = keys;
const space = ' ';

/** Two nodes of six cores with two threads each (0 and 12 are one core, node 0); the card is on node 0. */
const openMap = async (overrides: Parameters<typeof sampleServices>[0] = {}, size = {}) => {
  const saved: WrittenProfile[] = [];
  const services = sampleServices({...overrides, saveProfile: (profile, path) => (saved.push(profile), {path})});
  const wizard = openWizard(services, size);
  await wizard.press(enter, enter);
  for (let row = 0; row < 6 && !/❯ CPU pinning/.test(wizard.frame()); row += 1) await wizard.press(down);
  await wizard.press(space);
  const finish = async (): Promise<WrittenProfile | undefined> => {
    await wizard.press(enter, enter, enter, enter, enter, enter);
    return saved[0];
  };
  return {wizard, finish};
};
const here = (frame: string): string => /Here: CPU ([\d, ]+),/.exec(frame)?.[1] ?? '';
const guestHas = (frame: string): string => /Guest: .*: ([\d,-]+)\./.exec(frame)?.[1] ?? '';

describe('picking cores on the map', () => {
  it('is offered by the row of the pins, and starts with what is chosen automatically', async () => {
    const {wizard} = await openMap();
    expect(wizard.frame()).toContain('Cores');
    expect(wizard.frame()).toContain('chosen automatically');
    expect(wizard.frame()).toContain('Enter use these');
  });

  it('takes a whole core with all of its threads, and gives it back', async () => {
    const {wizard} = await openMap();
    await wizard.press('g');
    const [first = '', second = ''] = here(wizard.frame()).split(', ');
    const before = guestHas(wizard.frame());
    await wizard.press(space);
    const after = guestHas(wizard.frame());
    expect(after).not.toBe(before);
    expect(wizard.frame()).toMatch(/Here: .*: (picked|with the host)\./);
    expect(after.split(/[,-]/).includes(first)).toBe(after.split(/[,-]/).includes(second));
    await wizard.press(space);
    expect(guestHas(wizard.frame())).toBe(before);
  });

  it('saves the picks core by core, and as many vCPUs', async () => {
    const {wizard, finish} = await openMap();
    const start = guestHas(wizard.frame());
    await wizard.press('G', space);
    expect(guestHas(wizard.frame())).not.toBe(start);
    const profile = await finish();
    const {pins = 'auto', vcpus} = profile?.cpu ?? {};
    expect(pins).not.toBe('auto');
    if (pins === 'auto') return;
    expect(vcpus).toBe(pins.length);
    const facts = sampleHost();
    for (let index = 0; index < pins.length; index += 2)
      expect(facts.cpu.cpus.find(({id}) => id === pins[index])?.siblings).toEqual([pins[index], pins[index + 1]]);
  });

  it('goes back unchanged with Esc', async () => {
    const {wizard, finish} = await openMap();
    await wizard.press('G', space, left, space, escape);
    expect(wizard.frame()).toContain('❯ CPU pinning');
    expect((await finish())?.cpu).toEqual(proposeProfile(sampleHost(), ['0000:06:00.0']).cpu);
  });

  it('resets to the automatic choice', async () => {
    const {wizard, finish} = await openMap();
    const automatic = guestHas(wizard.frame());
    await wizard.press('G', space);
    expect(wizard.frame()).not.toContain('chosen automatically');
    await wizard.press('a');
    expect(guestHas(wizard.frame())).toBe(automatic);
    expect((await finish())?.cpu.pins).toBe('auto');
  });

  it('forgets the picks when the number of vCPUs is changed', async () => {
    const {wizard, finish} = await openMap();
    await wizard.press('G', space, enter, 'g', '4', enter);
    expect((await finish())?.cpu).toMatchObject({vcpus: 4, pins: 'auto'});
  });

  it('keeps one core, and says so', async () => {
    const {wizard} = await openMap();
    for (let core = 0; core < 12; core += 1) {
      if (wizard.frame().includes(': picked.')) await wizard.press(space);
      if (wizard.frame().includes('at least one core')) break;
      await wizard.press(right);
    }
    await wizard.press('g');
    for (let core = 0; core < 12 && !wizard.frame().includes('at least one core'); core += 1) {
      if (wizard.frame().includes(': picked.')) await wizard.press(space);
      else await wizard.press(right);
    }
    expect(wizard.frame()).toContain('The guest needs at least one core.');
  });

  it('shows what the plan finds wrong with the choice, at once', async () => {
    const {wizard} = await openMap({}, {rows: 50});
    expect(wizard.frame()).not.toMatch(/✗ BLOCKED|! WARNING/);
    // Every core of the host, so that none is left to it.
    await wizard.press('g');
    for (let core = 0; core < 12; core += 1) {
      if (wizard.frame().includes('with the host.')) await wizard.press(space);
      await wizard.press(right);
    }
    expect(wizard.frame()).toMatch(/✗ BLOCKED|! WARNING/);
  });

  it('moves over the map in the order of the screen', async () => {
    const {wizard} = await openMap();
    await wizard.press('g');
    const first = here(wizard.frame());
    await wizard.press(right);
    const second = here(wizard.frame());
    expect(second).not.toBe(first);
    await wizard.press(left);
    expect(here(wizard.frame())).toBe(first);
    await wizard.press(down);
    expect(here(wizard.frame())).not.toBe(first);
    await wizard.press(up);
    expect(here(wizard.frame())).toBe(first);
    await wizard.press(up, left);
    expect(here(wizard.frame())).toBe(first);
  });

  it('picks with a click, and a click on the map of the CPU step opens it', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.press(enter, enter);
    const click = async (text: string): Promise<string> => {
      const lines = wizard.lines();
      const row = lines.findIndex((one) => one.includes(text));
      expect(row).toBeGreaterThan(0);
      const column = lines[row]?.indexOf(text) ?? 0;
      return wizard.press(`\u001b[<0;${column + 2};${row + 1}M`);
    };
    const cell = /[[❯]\d+:[^\]]*\]/.exec(wizard.frame())?.[0] ?? 'no core';
    const [cpu = ''] = /\d+/.exec(cell) ?? [];
    await click(cell);
    expect(here(wizard.frame()).split(', ')[0]).toBe(cpu);
    const before = guestHas(wizard.frame());
    await click(`❯${cpu}:`);
    expect(guestHas(wizard.frame())).not.toBe(before);
  });

  it('shows the cursor on a host of 512 CPUs wherever it is, and every core once', async () => {
    const facts = sampleFacts(
      {nodes: 8, coresPerNode: 32, threads: 2, coresPerL3: 8, numbering: 'blocks', memoryKiBPerNode: 131_072_000},
      {pci: sampleHost().pci},
    );
    const {wizard} = await openMap(
      {facts},
      {columns: 80, rows: 24, environment: {LANG: 'C.UTF-8', NO_COLOR: '', TERM: 'xterm'}},
    );
    await wizard.press('G');
    expect(here(wizard.frame())).toBe('255, 511');
    await wizard.press('g');
    expect(here(wizard.frame())).toBe('0, 256');
    await wizard.press(down, right);
    expect(wizard.frame().split('\n')).toHaveLength(23);
  });
});
