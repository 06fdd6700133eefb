import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {TransactionError} from '../../src/errors.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {WrittenProfile} from '../../src/profile/profile.ts';
import {displayWidth} from '../../src/words/width.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, down, right, pageDown, interrupt, backspace} = keys;
const toReview = [enter, enter, enter, enter, enter];

describe('a walk through the wizard', () => {
  it('ends in the saved profile that was chosen', async () => {
    const saved: {profile: WrittenProfile; path: string}[] = [];
    const services = sampleServices({
      saveProfile: (profile, path) => {
        saved.push({profile, path});
        return {path};
      },
    });
    const wizard = openWizard(services);
    await wizard.press(enter, enter, '8', enter, '1', '2', enter);
    expect(await wizard.press(enter, enter)).toContain('Save the profile');
    expect(await wizard.press(enter)).toContain('Type apply and press Enter');
    const proposed = proposeProfile(sampleHost(), ['0000:06:00.0']);
    const expected = {...proposed, cpu: {...proposed.cpu, vcpus: 8}, memory: {...proposed.memory, sizeMiB: 12288}};
    expect(saved).toEqual([{profile: expected, path: `/home/me/${proposed.name}.yaml`}]);
    expect(await wizard.press('apply\r')).toContain('Applied as 2026-01-02T03-04-05');
    await wizard.press('q');
    expect(wizard.outcome()).toEqual({
      reason: 'finished',
      savedPath: `/home/me/${proposed.name}.yaml`,
      appliedId: '2026-01-02T03-04-05',
      isTrial: false,
      needsReboot: true,
      rolledBackId: null,
      draft: null,
      error: null,
    });
  });

  it('chooses the right row when Down and Enter arrive in one read', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.press(enter, `${down}${enter}`, escape);
    expect(wizard.lines().find((row) => row.startsWith('❯'))).toMatch(/^❯ \(•\) . 0000:0a:03.0/);
  });

  it('ignores keys of the same read once the screen has changed', async () => {
    const wizard = openWizard(sampleServices());
    expect(await wizard.press(`${enter}${down}${enter}`)).toContain('step 2 of 9  Device');
    expect(wizard.lines()[5]).toMatch(/^❯/);
  });

  it('shows why a profile could not be saved and goes no further', async () => {
    const wizard = openWizard(sampleServices({saveProfile: () => ({problem: 'EACCES: /home/me'})}));
    await wizard.press(...toReview, enter);
    expect(await wizard.press(enter)).toContain('✗ Not saved: EACCES: /home/me');
    expect(await wizard.press(down, backspace, 'x', enter)).toContain('step 7 of 9');
  });

  it('aborts the task on Ctrl-C while it applies, waits for the end and tells it', async () => {
    let end: (error: Error) => void = () => undefined;
    let signal: AbortSignal | null = null;
    const services = sampleServices({
      apply: (_changes, _plan, onProgress, given) => {
        signal = given;
        onProgress({kind: 'step', title: 'install /etc/default/grub'});
        onProgress({kind: 'output', lastLines: ['Generating grub configuration file ...']});
        return new Promise((_resolve, reject) => (end = reject));
      },
    });
    const wizard = openWizard(services);
    expect(await wizard.press(...toReview, enter, enter, 'apply\r')).toContain('Generating grub configuration file');
    expect(await wizard.press(interrupt)).toContain('Stopping, and restoring everything');
    expect(signal).toMatchObject({aborted: true});
    expect(wizard.outcome()).toBeNull();
    const error = new TransactionError('Stopped.', {
      step: 'install',
      isRestored: true,
      isInterrupted: true,
      nextStep: 'Apply again.',
    });
    end(error);
    await wizard.settle();
    expect(wizard.frame()).toContain('✓ Everything was restored.');
    await wizard.press(enter, enter);
    expect(wizard.outcome()).toMatchObject({reason: 'finished', error});
  });

  it('ends at once on Ctrl-C anywhere else', async () => {
    for (let count = 0; count <= 7; count += 1) {
      const wizard = openWizard(sampleServices());
      await wizard.press(...Array.from({length: count}, () => enter), interrupt);
      expect(wizard.outcome()?.reason).toBe('interrupted');
    }
  });

  it('ends on a signal from outside, as on Ctrl-C', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.interrupt();
    expect(wizard.outcome()?.reason).toBe('interrupted');
  });

  it('leaves by q only after the question', async () => {
    const wizard = openWizard(sampleServices());
    expect(await wizard.press('q')).toContain('Leave the wizard?');
    expect(await wizard.press('n')).toContain('Host checks');
    await wizard.press('q', 'y');
    expect(wizard.outcome()?.reason).toBe('left');
  });

  it('scrolls a diff to its last row', async () => {
    const wizard = openWizard(sampleServices());
    await wizard.press(...toReview, down, down);
    expect(wizard.frame()).not.toContain('driver39');
    expect(await wizard.press(pageDown, pageDown, pageDown, pageDown, pageDown, pageDown)).toContain('driver39');
    expect(await wizard.press('K', 'K', 'K', 'K')).not.toContain('driver39');
  });
});

describe('the size of the frame', () => {
  const sizes = [
    [60, 16],
    [79, 24],
    [80, 24],
    [100, 30],
    [160, 50],
  ] as const;

  it.each(sizes)('fits %sx%s on every step, with the help and the question', async (columns, rows) => {
    const wizard = openWizard(
      sampleServices({
        savedProfiles: [{path: '/p.yaml', profile: proposeProfile(sampleHost(), ['0000:06:00.0']), text: ''}],
      }),
      {columns, rows, isAtHome: true},
    );
    for (let step = 0; step < 10; step += 1) {
      for (const frame of [
        await wizard.press('?'),
        await wizard.press(escape),
        await wizard.press('q'),
        await wizard.press('n'),
      ]) {
        const shown = frame.split('\n');
        expect(shown.length).toBe(rows - 1);
        expect(Math.max(...shown.map(displayWidth))).toBeLessThanOrEqual(columns);
      }
      await wizard.press(enter);
    }
  });

  it('says in one sentence that the terminal is too small', () => {
    expect(openWizard(sampleServices(), {columns: 59, rows: 16}).frame()).toBe(
      'This terminal is 59x16. Make it at least 60x16. Ctrl-C leaves.',
    );
  });
});

describe('without colour and without UTF-8', () => {
  it('writes no escape sequence with NO_COLOR', async () => {
    const wizard = openWizard(sampleServices(), {environment: {LANG: 'C.UTF-8', NO_COLOR: '1'}});
    expect(await wizard.press(...toReview, down)).not.toContain('\u001b');
    expect(wizard.frame()).toContain('+GRUB_CMDLINE');
  });

  it('draws with ASCII only where the locale has no more', async () => {
    const wizard = openWizard(sampleServices(), {environment: {LANG: 'C', NO_COLOR: '1'}});
    for (let step = 0; step < 9; step += 1) expect(await wizard.press(right, enter)).toMatch(/^[\u0020-\u007e\n]*$/);
  });

  it('lets no control character of the machine reach the terminal', async () => {
    const host = sampleHost();
    const pci = host.pci.map((device) => ({...device, name: 'evil\u001b[2J\u202e\n name', driver: 'x\u0007y'}));
    const wizard = openWizard(sampleServices({facts: {...host, pci}}));
    for (let step = 0; step < 6; step += 1)
      expect(await wizard.press(enter)).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]*$/);
  });
});
