import {cleanup} from 'ink-testing-library';
import {afterEach, describe, expect, it} from 'vitest';
import {keys, openWizard} from './open-wizard.tsx';
import {sampleServices} from './sample-services.ts';

afterEach(cleanup);

const {enter} = keys;
type Wizard = ReturnType<typeof openWizard>;
const report = (button: number, column: number, row: number, end = 'M'): string =>
  `\u001b[<${button};${column};${row}${end}`;

/** Where a text is on the screen, as the terminal reports it: from 1 on. */
const placeOf = (wizard: Wizard, text: string): {readonly column: number; readonly row: number} => {
  const row = wizard.lines().findIndex((one) => one.includes(text));
  if (row < 0) throw new Error(`${text} is not shown:\n${wizard.frame()}`);
  return {column: (wizard.lines()[row] ?? '').indexOf(text) + 1, row: row + 1};
};
const on = (wizard: Wizard, text: string, button: number): string => {
  const {column, row} = placeOf(wizard, text);
  return report(button, column, row) + (button === 0 ? report(button, column, row, 'm') : '');
};
const click = (wizard: Wizard, text: string): Promise<string> => wizard.press(on(wizard, text, 0));
const wheel = (wizard: Wizard, text: string, by: 1 | -1): Promise<string> =>
  wizard.press(on(wizard, text, by === 1 ? 65 : 64));
const pointer = (frame: string): string => /^ *❯ (.*?) *(?:│.*)?$/m.exec(frame)?.[1] ?? '';

describe.each([80, 160])('the mouse at %i columns', (columns) => {
  const open = async (count: number) => {
    const wizard = openWizard(sampleServices(), {columns, rows: 30});
    await wizard.press(...Array.from({length: count}, () => enter));
    return wizard;
  };

  it('goes to the row that is clicked, and takes it on a second click', async () => {
    const wizard = await open(1);
    expect(pointer(await click(wizard, '0000:0a:03.0'))).toContain('0000:0a:03.0');
    expect(wizard.frame()).toContain('step 2 of');
    expect(await click(wizard, '0000:0a:03.0')).not.toContain('step 2 of');
  });

  it('changes a choice that has the focus, and takes over a number that was typed', async () => {
    const wizard = await open(2);
    await wizard.press('6');
    const moved = await click(wizard, 'I/O threads   ');
    expect(moved).toMatch(/vCPUs +6/);
    expect(pointer(moved)).toContain('‹ automatic');
    expect(pointer(await click(wizard, 'I/O threads   '))).toContain('‹ none ›');
  });

  it('scrolls what is under the wheel: the text, or the list up to its ends', async () => {
    const wizard = await open(5);
    await wizard.press('j', 'j');
    expect(await wheel(wizard, '@@ -1,1', 1)).toContain('softdep driver');
    expect(wizard.frame()).not.toContain('--- /etc/modprobe.d');
    expect(await wheel(wizard, 'softdep', -1)).toContain('--- /etc/modprobe.d');
    const list = 'replace +1';
    expect(pointer(await wheel(wizard, list, 1))).toContain('run');
    expect(pointer(await wheel(wizard, list, 1))).toContain('run');
    expect(pointer(await wheel(wizard, list, -1))).toContain('create');
  });

  it('does nothing on the title, between, or with another button', async () => {
    const wizard = await open(2);
    const before = wizard.frame();
    for (const text of [report(0, 1, 1), report(0, 3, 29), report(2, 3, 5), report(32, 3, 5)])
      expect(await wizard.press(text)).toBe(before);
  });

  it('can’t leave the wizard, and does not reach a screen that is gone', async () => {
    const wizard = await open(1);
    const onCard = on(wizard, '0000:06:00.0', 0);
    expect(await wizard.press(onCard + onCard)).toContain('step 3 of');
    await wizard.press('q');
    expect(await wizard.press(report(0, 3, 5))).toContain('Leave the wizard?');
  });
});
