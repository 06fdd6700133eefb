import {render} from 'ink-testing-library';
import {App} from '../../src/ui/app.tsx';
import type {WizardOutcome, WizardServices} from '../../src/ui/services.ts';
import {chooseTheme} from '../../src/ui/theme.ts';
import {startWizard} from '../../src/ui/wizard/wizard.ts';

export const keys = {up: '\u001b[A', down: '\u001b[B', right: '\u001b[C', left: '\u001b[D', pageDown: '\u001b[6~', enter: '\r', escape: '\u001b', interrupt: '\u0003', backspace: '\u007f'} as const;

/** React 19 schedules with setImmediate, and Ink holds a lone Esc back for one turn. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((done) => setImmediate(done));
};

export const openWizard = (services: WizardServices, {columns = 80, rows = 24, environment = {LANG: 'C.UTF-8', NO_COLOR: '1'}} = {}) => {
  const {context, state} = startWizard(services, {columns, rows});
  let outcome: WizardOutcome | null = null;
  const controller = new AbortController();
  const app = <App context={context} initial={state} theme={chooseTheme(environment)} interrupt={controller.signal} onEnd={(end) => (outcome = end)} />;
  const instance = render(app);
  const frame = (): string => instance.lastFrame() ?? '';
  return {
    frame,
    lines: (): readonly string[] => frame().split('\n').map((row) => row.trimEnd()),
    /** Each argument arrives as one read. */
    press: async (...chunks: readonly string[]): Promise<string> => {
      await settle();
      for (const chunk of chunks) {
        instance.stdin.write(chunk);
        await settle();
      }
      return frame();
    },
    interrupt: async (): Promise<void> => {
      controller.abort();
      await settle();
    },
    settle,
    outcome: () => outcome,
    close: instance.unmount,
  };
};
