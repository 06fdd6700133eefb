import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, up} = keys;
const pointed = (frame: string): string => frame.split('\n').find((row) => row.startsWith('❯')) ?? '';

describe('the summary', () => {
  it('lists every decision with its value, and the reason of the one with the pointer', async () => {
    const wizard = openWizard(sampleServices(), {rows: 50});
    await wizard.press(enter, enter, '8', enter, 'm');
    const frame = wizard.frame();
    expect(frame).toMatch(/Host checks +0 errors, 1 warning, 1 ok/);
    expect(frame).toMatch(/Device +0000:06:00\.0/);
    expect(frame).toMatch(/CPU +vCPUs +8/);
    expect(frame).toMatch(/Memory +Guest memory +\d+ GiB/);
    expect(frame).toMatch(/Guest +Virtual machine +a new one/);
    expect(await wizard.press('j', 'j')).toMatch(/CPU pinning: .*\n\s+because /);
  });

  it('goes to a setting, and Enter comes back with what was changed', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.press(enter, enter, 'm', 'j', 'j');
    expect(pointed(wizard.frame())).toContain('vCPUs');
    expect(await wizard.press(enter)).toContain('Enter and Esc return to the summary.');
    expect(wizard.frame()).toContain('step 3 of 9  CPU');
    await wizard.press('4', enter);
    expect(wizard.frame()).toContain('vfio-pilot  Summary');
    expect(pointed(wizard.frame())).toMatch(/vCPUs +4/);
  });

  it('goes back by Esc to where it was opened, and the way goes on from there', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.press(enter, enter, enter, 'm');
    expect(wizard.frame()).toContain('Summary');
    expect(await wizard.press(escape)).toContain('step 4 of 9  Memory');
    expect(await wizard.press(enter)).toContain('step 5 of 9  Guest');
  });

  it('jumps to a step that is no setting, and goes on from there', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.press('m', 'G', up, up);
    expect(pointed(wizard.frame())).toContain('Review');
    expect(await wizard.press(enter)).toContain('step 6 of 9  Review');
    expect(await wizard.press(enter)).toContain('step 7 of 9  Save the profile');
  });

  it('keeps a number that is refused where it was typed', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.press('m', 'j', 'j', enter, '999', enter);
    expect(wizard.frame()).toContain('999 is more than this host has');
    expect(await wizard.press(escape, escape)).toContain('Summary');
  });
});

describe('a jump from a finding', () => {
  it('comes back to the review', async () => {
    const tooLarge = {
      code: 'memory-too-large',
      severity: 'blocker',
      subject: 'memory.size',
      message: 'm',
      remedy: 'r',
    } as const;
    const {preview} = sampleServices();
    const wizard = openWizard(sampleServices({preview: (profile) => ({...preview(profile), findings: [tooLarge]})}));
    await wizard.press(enter, enter, enter, enter, enter, '1');
    expect(wizard.frame()).toContain('Enter and Esc return to "Review".');
    expect(await wizard.press(enter)).toContain('step 6 of 9  Review');
  });
});
