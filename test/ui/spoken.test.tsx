import {cleanup} from 'ink-testing-library';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

beforeEach(() => vi.stubEnv('INK_SCREEN_READER', 'true'));
afterEach(() => {
  cleanup();
  vi.unstubAllEnvs();
});

const {enter, down} = keys;
const environment = {LANG: 'C.UTF-8', NO_COLOR: '1', INK_SCREEN_READER: 'true'};
const open = (settings: {readonly columns?: number; readonly rows?: number; readonly isAtHome?: boolean} = {}) =>
  openWizard(sampleServices(), {environment, ...settings});

describe('the wizard read aloud', () => {
  it('says where it is, what is asked, the answers, what they mean, and the keys, in this order', async () => {
    const wizard = open();
    const frame = await wizard.press(enter, enter);
    const order = [
      'step 3 of 9 CPU',
      'How many CPUs',
      'Here: vCPUs',
      'I/O threads',
      'Uses 4 of 12 cores',
      'Enter next step',
    ];
    const places = order.map((text) => frame.indexOf(text));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it.each([80, 160])('has no frame, no marks and no cut text on any step (%i columns)', async (columns) => {
    const wizard = open({columns, rows: 50, isAtHome: true});
    for (const title of [
      'This machine',
      'Host checks',
      'Device',
      'CPU',
      'Memory',
      'Guest',
      'Review',
      'Save',
      'Apply',
    ]) {
      const frame = wizard.frame();
      expect(frame).toContain(title);
      expect([title, /[─❯‹›│▏✓✗•█░]|…$/m.exec(frame)?.[0] ?? null]).toEqual([title, null]);
      await wizard.press(enter);
    }
  });

  it('says which card is chosen, and where the pointer is', async () => {
    const frame = await open().press(enter, down);
    expect(frame).toContain('\nchosen, yes, 0000:06:00.0');
    expect(frame).toContain('\nHere: not chosen, ');
  });
});
