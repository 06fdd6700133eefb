import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import fc from 'fast-check';
import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {TransactionError} from '../../src/errors.ts';
import {describeOutcome} from '../../src/ui/describe-outcome.ts';
import {quoteForShell} from '../../src/words/quote-for-shell.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter} = keys;
const program = 'vfio-pilot';
const elsewhere = {program, sudo: '', flags: ' --root /srv/tree'};
const thisMachine = {program, sudo: 'sudo ', flags: ''};
const toApply = Array.from({length: 7}, () => enter);

/** What next fills several screens. */
const tall = {rows: 80};

describe('commands that the wizard shows', () => {
  it('name the other root, and neither sudo nor a reboot, after an apply there', async () => {
    const wizard = openWizard(sampleServices({commandStyle: elsewhere}), tall);
    const frame = await wizard.press(...toApply, `apply${enter}`);
    expect(frame).toContain('$ vfio-pilot verify --root /srv/tree');
    expect(frame).toContain('$ vfio-pilot rollback 2026-01-02T03-04-05 --root /srv/tree');
    expect(frame).not.toMatch(/sudo|reboot$/m);
    expect(frame).not.toContain('systemctl');
  });

  it('name the program as it was started', async () => {
    const commandStyle = {...thisMachine, program: 'npx vfio-pilot'};
    const frame = await openWizard(sampleServices({commandStyle}), tall).press(...toApply, `apply${enter}`);
    expect(frame).toContain('$ sudo npx vfio-pilot verify');
  });

  it('are in backticks wherever a sentence has one, or the name would stay as it is written', () => {
    // Help, and what is written into files, name the program as it is installed.
    const asInstalled = [
      'commands/help.ts',
      'commands/verbs.ts',
      'profile/encode-profile.ts',
      'export-script.ts',
      'saved-plan.ts',
    ];
    const verbs = 'check|facts|groups|topology|plan|apply|confirm|verify|rollback|history|guest|capture|report|fleet';
    const bare = new RegExp(`[^\`/.\\w-]vfio-pilot (?:${verbs})\\b`);
    const source = resolve(import.meta.dirname, '../../src');
    const told = readdirSync(source, {recursive: true, encoding: 'utf8'})
      .filter((name) => /\.tsx?$/.test(name) && !asInstalled.some((file) => name.endsWith(file)))
      .flatMap((name) =>
        readFileSync(join(source, name), 'utf8')
          .split('\n')
          .filter((row) => !/^\s*(?:\/\/|\/?\*)/.test(row) && bare.test(row.replaceAll(/'vfio-pilot [^']*'/g, '')))
          .map((row) => `${name}: ${row.trim()}`),
      );
    expect(told).toEqual([]);
  });

  it('name it so in remedies and explanations as well', async () => {
    const commandStyle = {...thisMachine, program: 'npx vfio-pilot'};
    const checks = [
      {id: 'x', status: 'error' as const, title: 'X', fact: 'X is off.', remedy: 'Then `vfio-pilot check` again.'},
    ];
    const findings = [
      {
        code: 'memory-release-unit' as const,
        severity: 'note' as const,
        subject: 'memory.hugepages',
        message: 'A unit gives some back.',
        remedy: '`vfio-pilot verify` counts them.',
      },
    ];
    const preview = sampleServices().preview;
    const wizard = openWizard(
      sampleServices({commandStyle, checks, preview: (profile) => ({...preview(profile), findings})}),
    );
    expect(wizard.frame()).toContain('`npx vfio-pilot check`');
    expect(await wizard.press(...toApply.slice(2))).toContain('`npx vfio-pilot verify` counts');
    expect(await wizard.press(enter)).toContain('`npx vfio-pilot apply` applies');
  });

  it('say in a dry run what is played through, and afterwards only how to do it', async () => {
    const wizard = openWizard(sampleServices({isDryRun: true}));
    expect(await wizard.press(...toApply)).toMatch(/dry run +step .*\n[^]*This is a dry run: all of it/);
    const frame = await wizard.press(`apply${enter}`);
    expect(frame).toContain('Nothing was written.');
    expect(frame).not.toMatch(/verify|rollback|reboot|Applied as/);
  });

  it('say before an apply elsewhere that commands are not run', async () => {
    const saidFor = async (overrides: Parameters<typeof sampleServices>[0]): Promise<string> =>
      (await openWizard(sampleServices({commandStyle: elsewhere, ...overrides})).press(...toApply)).replaceAll(
        '\n',
        ' ',
      );
    expect(await saidFor({})).toContain(
      'This is another root. Your machine is not changed. The commands are listed but not run.',
    );
    const ofDemo = await saidFor({isDemo: true});
    expect(ofDemo).toContain('scratch copy of the demo. Your machine is not changed. The commands are listed but');
    expect(ofDemo).not.toContain('another root');
    const {preview} = sampleServices();
    const withoutCommands = (profile: Parameters<typeof preview>[0]) => {
      const all = preview(profile);
      return {...all, changes: all.changes.filter(({kind}) => kind !== 'run')};
    };
    expect(await saidFor({preview: withoutCommands})).not.toContain('The commands');
    expect(await openWizard(sampleServices()).press(...toApply)).not.toContain('another root');
  });

  it('lead to what was done there when it is not certain that everything was put back', async () => {
    const error = new TransactionError('Broke.', {
      step: 'install',
      isRestored: false,
      isInterrupted: false,
      nextStep: 'Look.',
    });
    const wizard = openWizard(sampleServices({commandStyle: elsewhere, apply: () => Promise.reject(error)}));
    const frame = await wizard.press(...toApply, `apply${enter}`, enter);
    expect(frame).toContain('$ vfio-pilot history --root /srv/tree');
    expect(frame).toContain('$ vfio-pilot rollback --root /srv/tree');
  });

  it('do not promise to apply what is blocked', async () => {
    const {preview} = sampleServices();
    const blocker = {code: 'only-gpu', severity: 'blocker', subject: 'x', message: 'No.', remedy: 'Look.'} as const;
    const blocked = sampleServices({preview: (profile) => ({...preview(profile), findings: [blocker]})});
    const last = async (services: typeof blocked): Promise<string> => openWizard(services).press(...toApply, enter);
    expect(await last(blocked)).toContain('Applies them, after one question, once nothing blocks them.');
    const forbidden = sampleServices({canApply: {ok: false, label: 'read-only', reason: 'Only root can.'}});
    expect(await last(forbidden)).toContain('Applies them, after one question.');
  });

  it('replay a saved profile whose path has a space', async () => {
    const wizard = openWizard(
      sampleServices({
        canApply: {ok: false, label: 'read-only: not root', reason: 'Only root can.'},
        defaultProfilePath: () => '/home/me/my set-up.yaml',
      }),
    );
    expect(await wizard.press(...toApply)).toContain("sudo vfio-pilot apply '/home/me/my set-up.yaml'");
    expect(await wizard.press(enter)).toContain("$ vfio-pilot plan '/home/me/my set-up.yaml'");
  });

  it('stand whole on the screen, however long the root is called', async () => {
    const flags = ` --root /srv/${'x'.repeat(60)}`;
    const frame = await openWizard(sampleServices({commandStyle: {program, sudo: '', flags}}), tall).press(
      ...toApply,
      `apply${enter}`,
    );
    expect(frame.replaceAll(/ +\\ *\n */g, ' ')).toContain(`$ vfio-pilot verify${flags}\n`);
  });
});

describe('what is printed when the wizard has gone', () => {
  const outcome = {
    reason: 'finished',
    savedPath: null,
    appliedId: 'ID',
    isTrial: false,
    needsReboot: true,
    rolledBackId: null,
    draft: null,
    error: null,
  } as const;

  it('asks for a reboot of this machine only', () => {
    expect(describeOutcome(outcome, thisMachine).join('\n')).toMatch(
      /Reboot, then run: +sudo vfio-pilot verify\n.*sudo vfio-pilot rollback ID$/,
    );
    expect(describeOutcome(outcome, elsewhere).join('\n')).not.toMatch(/sudo|[Rr]eboot/);
    expect(describeOutcome(outcome, elsewhere).join('\n')).toContain('vfio-pilot rollback ID --root /srv/tree');
  });

  it('asks for none where nothing comes with a boot', () => {
    expect(describeOutcome({...outcome, needsReboot: false}, thisMachine).join('\n')).toMatch(
      /^Applied as ID\.\nTo check it: +sudo vfio-pilot verify\n/,
    );
    const undone = {...outcome, appliedId: null, rolledBackId: 'ID'};
    expect(describeOutcome(undone, thisMachine)[1]).toBe('Reboot; the card is with its own driver again afterwards.');
    expect(describeOutcome({...undone, needsReboot: false}, thisMachine)[1]).toBe('No reboot is needed.');
  });

  it('says that nothing was changed unless something was, or may have been', () => {
    expect(describeOutcome({...outcome, appliedId: null}, thisMachine)).toEqual([
      'Nothing was changed on this machine.',
    ]);
    expect(describeOutcome({...outcome, appliedId: null, error: new Error('x')}, thisMachine)).toEqual([]);
  });
});

describe('choices that were not saved, when the wizard has gone', () => {
  const left = {
    reason: 'left',
    savedPath: null,
    appliedId: null,
    isTrial: false,
    needsReboot: false,
    rolledBackId: null,
    error: null,
  } as const;

  it('are said to be kept, or why they are not', () => {
    expect(describeOutcome({...left, draft: {path: '/d.json'}}, thisMachine).slice(1)).toEqual([
      'Your choices are kept: /d.json',
      'The next start offers to continue.',
    ]);
    expect(describeOutcome({...left, draft: {problem: 'The disk is full.'}}, thisMachine).slice(1)).toEqual([
      'Your choices are not kept: The disk is full.',
    ]);
  });
});

describe('quoting', () => {
  it('gives the shell exactly the path', () => {
    fc.assert(
      fc.property(
        fc.string({minLength: 1, unit: 'grapheme'}).filter((text) => !text.includes('\0')),
        (text) => {
          expect(execFileSync('sh', ['-c', `printf %s ${quoteForShell(text)}`], {encoding: 'utf8'})).toBe(text);
        },
      ),
      {numRuns: 40},
    );
  });
});
