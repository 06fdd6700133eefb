import {render} from 'ink-testing-library';
import {App} from '../../src/ui/app.tsx';
import type {WizardOutcome, WizardServices} from '../../src/ui/services.ts';
import {chooseTheme} from '../../src/ui/theme.ts';
import {viewOf} from '../../src/ui/wizard/state.ts';
import {reduce, startWizard} from '../../src/ui/wizard/wizard.ts';

export const keys = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  pageDown: '\u001b[6~',
  enter: '\r',
  escape: '\u001b',
  interrupt: '\u0003',
  backspace: '\u007f',
} as const;

/** React 19 schedules with setImmediate, and Ink holds a lone Esc back for one turn. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((done) => setImmediate(done));
};

export const openWizard = (
  services: WizardServices,
  {columns = 80, rows = 24, environment = {LANG: 'C.UTF-8', NO_COLOR: '1'}, isAtHome = false} = {},
) => {
  const {context, state: home} = startWizard(services, {columns, rows});
  const shown = {view: viewOf(home), pane: {lines: [], height: 1}};
  /** One Enter further: at the host checks, where a new set-up begins. */
  const state = isAtHome ? home : reduce(context, home, {type: 'pressed', keys: [{name: 'enter'}], shown});
  let outcome: WizardOutcome | null = null;
  let suspensions = 0;
  const copied: string[] = [];
  const controller = new AbortController();
  const app = (
    <App
      context={context}
      initial={state}
      theme={chooseTheme(environment)}
      interrupt={controller.signal}
      onCopy={(text) => copied.push(text)}
      onSuspend={() => (suspensions += 1)}
      onEnd={(end) => (outcome = end)}
    />
  );
  const instance = render(app);
  const frame = (): string => instance.lastFrame() ?? '';
  return {
    frame,
    lines: (): readonly string[] =>
      frame()
        .split('\n')
        .map((row) => row.trimEnd()),
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
    copied,
    suspensions: () => suspensions,
    close: instance.unmount,
  };
};
