import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {afterEach, describe, expect, it} from 'vitest';
import {cleanup} from 'ink-testing-library';
import {TransactionError} from '../../src/errors.ts';
import {describeOutcome} from '../../src/ui/describe-outcome.ts';
import {quoteForShell} from '../../src/quote-for-shell.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter} = keys;
const elsewhere = {sudo: '', flags: ' --root /srv/tree'};
const thisMachine = {sudo: 'sudo ', flags: ''};
const toApply = Array.from({length: 7}, () => enter);

describe('commands that the wizard tells', () => {
  it('name the other root, and neither sudo nor a reboot, after an apply there', async () => {
    const wizard = openWizard(sampleServices({commandStyle: elsewhere}));
    const frame = await wizard.press(...toApply, `apply${enter}`);
    expect(frame).toContain('$ vfio-pilot verify --root /srv/tree');
    expect(frame).toContain('$ vfio-pilot rollback 2026-01-02T03-04-05 --root /srv/tree');
    expect(frame).not.toMatch(/sudo|reboot$/m);
    expect(frame).not.toContain('systemctl');
  });

  it('say before an apply elsewhere that commands are not run', async () => {
    expect(await openWizard(sampleServices({commandStyle: elsewhere})).press(...toApply)).toContain('This is another root: its commands are listed and not run.');
    expect(await openWizard(sampleServices()).press(...toApply)).not.toContain('another root');
  });

  it('lead to what was done there when it is not certain that everything was put back', async () => {
    const error = new TransactionError('Broke.', {step: 'install', isRestored: false, isInterrupted: false, nextStep: 'Look.'});
    const wizard = openWizard(sampleServices({commandStyle: elsewhere, apply: () => Promise.reject(error)}));
    const frame = await wizard.press(...toApply, `apply${enter}`, enter);
    expect(frame).toContain('$ vfio-pilot history --root /srv/tree');
    expect(frame).toContain('$ vfio-pilot rollback --root /srv/tree');
  });

  it('replay a saved profile whose path has a space', async () => {
    const wizard = openWizard(sampleServices({canApply: {ok: false, reason: 'Only root can.'}, defaultProfilePath: () => '/home/me/my set-up.yaml'}));
    expect(await wizard.press(...toApply)).toContain("sudo vfio-pilot apply '/home/me/my set-up.yaml'");
    expect(await wizard.press(enter)).toContain("$ vfio-pilot plan '/home/me/my set-up.yaml'");
  });

  it('stand whole on the screen, however long the root is called', async () => {
    const flags = ` --root /srv/${'x'.repeat(60)}`;
    const frame = await openWizard(sampleServices({commandStyle: {sudo: '', flags}})).press(...toApply, `apply${enter}`);
    expect(frame.replaceAll(/ +\\ *\n */g, ' ')).toContain(`$ vfio-pilot verify${flags}\n`);
  });
});

describe('what is printed when the wizard has gone', () => {
  const outcome = {reason: 'finished', savedPath: null, appliedId: 'ID', isTrial: false, error: null} as const;

  it('asks for a reboot of this machine only', () => {
    expect(describeOutcome(outcome, thisMachine).join('\n')).toMatch(/Reboot, then run: +sudo vfio-pilot verify\n.*sudo vfio-pilot rollback ID$/);
    expect(describeOutcome(outcome, elsewhere).join('\n')).not.toMatch(/sudo|[Rr]eboot/);
    expect(describeOutcome(outcome, elsewhere).join('\n')).toContain('vfio-pilot rollback ID --root /srv/tree');
  });

  it('says that nothing was changed unless something was, or may have been', () => {
    expect(describeOutcome({...outcome, appliedId: null}, thisMachine)).toEqual(['Nothing was changed on this machine.']);
    expect(describeOutcome({...outcome, appliedId: null, error: new Error('x')}, thisMachine)).toEqual([]);
  });
});

describe('quoting', () => {
  it('gives the shell exactly the path', () => {
    fc.assert(fc.property(fc.string({minLength: 1, unit: 'grapheme'}).filter((text) => !text.includes('\0')), (text) => {
      expect(execFileSync('sh', ['-c', `printf %s ${quoteForShell(text)}`], {encoding: 'utf8'})).toBe(text);
    }), {numRuns: 40});
  });
});
