import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {renderDiff} from '../../src/changes/compare-artifacts.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {chooseTheme} from '../../src/ui/theme.ts';
import {textDiffLines} from '../../src/ui/views/diff-lines.ts';
import {markMatches, plainText, segment} from '../../src/words/lines.ts';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleHost, sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter, escape, down} = keys;
const fullScreen = '\u0006';
const atReview = async (overrides: Parameters<typeof sampleServices>[0] = {}) => {
  const wizard = openWizard(sampleServices(overrides));
  await wizard.press(enter, enter, enter, enter, enter);
  return wizard;
};

/** Words that are marked, by line. */
const markedIn = (before: string, after: string): readonly (readonly string[])[] =>
  textDiffLines(renderDiff('/f', before, after), 80).map((row) =>
    row.filter(({tone}) => tone.endsWith('-word')).map(({text}) => text),
  );

describe('a line that was changed', () => {
  it('has the words marked that are new, and those that are gone', () => {
    const before = 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\n';
    const after = 'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on"\n';
    expect(markedIn(before, after).slice(3)).toEqual([[], ['splash'], ['intel_iommu=on']]);
  });

  it('keeps every character, also where the row goes on below', () => {
    const [before, after] = [`a="${'word '.repeat(40)}"`, `a="${'word '.repeat(20)}new ${'word '.repeat(20)}"`];
    const rows = textDiffLines(renderDiff('/f', `${before}\n`, `${after}\n`), 40).map(plainText);
    expect(rows.every((row) => row.length <= 40)).toBe(true);
    const whole = rows
      .slice(3)
      .map((row) => (row.startsWith('↪ ') ? row.slice(2) : `\n${row}`))
      .join('');
    expect(whole).toBe(`\n-${before}\n+${after}`);
  });

  it('has no marks where it is another line altogether, or is only new', () => {
    expect(markedIn('one two three\n', 'entirely different here\n').flat()).toEqual([]);
    expect(markedIn('', 'new\n').flat()).toEqual([]);
  });

  it('shows the marks by brightness and colours turned round, and by nothing without colour', () => {
    const look = chooseTheme({LANG: 'C.UTF-8'}).styleOf('added-word');
    expect(look).toMatchObject({bold: true, inverse: true});
    expect(chooseTheme({NO_COLOR: '1'}).styleOf('added-word')).toEqual({});
  });

  it('is found and marked by a search across its words', () => {
    const row = [segment('+a=', 'added'), segment('on', 'added-word'), segment(' b', 'added')];
    expect(markMatches(row, 'A=ON')).toEqual([
      {text: '+', tone: 'added'},
      {text: 'a=on', tone: 'match'},
      {text: ' b', tone: 'added'},
    ]);
  });
});

describe('the full screen', () => {
  it('has the pane alone, with search, and closes to where it was', async () => {
    const wizard = await atReview();
    await wizard.press(down, down);
    expect(wizard.frame()).not.toContain('driver13');
    const full = await wizard.press('f');
    expect(full).toContain('driver13');
    expect(full).not.toContain('❯ create');
    expect(await wizard.press('/', 'driver39', enter)).toContain('driver39');
    expect(await wizard.press('n')).toContain('Row ');
    expect(await wizard.press(escape)).toContain('❯ create');
  });

  it('opens by Ctrl-F where letters are typed', async () => {
    const wizard = await atReview();
    await wizard.press(enter, down);
    expect(await wizard.press(fullScreen)).toContain(' Full screen ');
    expect(await wizard.press('q')).toContain('Save the profile');
  });
});

describe('the diff that is shown', () => {
  const written: {name: string; text: string}[] = [];
  const saveText = (name: string, text: string) => {
    written.push({name, text});
    return {path: `/home/me/${name}`};
  };

  it('is saved to a file, the focused one or all', async () => {
    written.length = 0;
    const wizard = await atReview({saveText});
    expect(await wizard.press(down, 'w')).toMatch(/Saved: \/home\/me\/[\w-]+\.diff/);
    await wizard.press('g', 'w');
    expect(written.map(({text}) => text.match(/^--- .*/gm))).toEqual([
      ['--- /etc/default/grub'],
      ['--- /etc/default/grub', '--- /etc/modprobe.d/vfio-pilot.conf'],
    ]);
  });

  it('is copied by the terminal, and only if that can take it', async () => {
    const wizard = await atReview();
    expect(await wizard.press(down, 'y')).toContain('Copied, where the terminal lets programs do that');
    expect(wizard.copied).toEqual([expect.stringMatching(/^--- \/etc\/default\/grub\n[^]*6144"\n$/)]);
    const {preview} = sampleServices();
    const long = await atReview({
      preview: (profile) => {
        const {plan, findings, changes} = preview(profile);
        return {
          plan,
          findings,
          changes: changes.map((one) => (one.kind === 'run' ? one : {...one, diff: 'x'.repeat(80_000)})),
        };
      },
    });
    expect(await long.press(down, 'y')).toContain('too long for the clipboard of a terminal. w saves it');
    expect(long.copied).toEqual([]);
  });

  it('is none on a command, and why a file was not written is said', async () => {
    const wizard = await atReview({saveText: () => ({problem: 'The disk is full.'})});
    expect(await wizard.press('G', 'w')).toContain('No diff is shown here.');
    expect(await wizard.press('g', 'w')).toContain('Not saved: The disk is full.');
  });

  it('is that of the rollback, and of a profile that is saved back', async () => {
    written.length = 0;
    const diff = '--- /etc/default/grub\n+++ /etc/default/grub\n-a\n+b\n';
    const applied = {
      id: 'r',
      profile: 'win11',
      startedAt: '2026-11-29T08:10:00.000Z',
      guest: null,
      nextPhase: null,
      isTrial: false,
      pathCount: 1,
      tasks: [],
      done: [],
    };
    const rollback = openWizard(
      sampleServices({
        saveText,
        machine: {isReadable: true, runs: [], applied},
        planRollback: () =>
          Promise.resolve({...applied, undone: [{path: '/etc/default/grub', fate: 'restore', diff}], notes: []}),
      }),
      {isAtHome: true},
    );
    await rollback.press(down, down, enter, fullScreen, 'w');
    const profile = proposeProfile(sampleHost(), ['0000:06:00.0']);
    const opened = openWizard(
      sampleServices({saveText, savedProfiles: [{path: '/p.yaml', profile, text: 'cpu: old\n'}]}),
      {isAtHome: true},
    );
    await opened.press(down, enter, enter, enter, '6', enter, enter, enter, enter, fullScreen, 'w');
    expect(written.map(({text}) => text.split('\n')[0])).toEqual(['--- /etc/default/grub', '--- /p.yaml']);
  });
});
