import {render} from 'ink';
import {App} from './app.tsx';
import {holdTerminal} from './hold-terminal.ts';
import {sizeOf} from './hooks/use-terminal-size.ts';
import type {WizardOutcome, WizardServices} from './services.ts';
import {chooseTheme} from './theme.ts';
import {startWizard} from './wizard/wizard.ts';

export type WizardOptions = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--no-color` */
  readonly isPlain: boolean;
  /** Aborted by a signal, perhaps before the terminal is held. */
  readonly signal?: AbortSignal;
};

/** Runs until the user has left; the terminal is as it was whichever way that happens. */
export const runWizard = async (services: WizardServices, {stdin, stdout, environment, isPlain, signal}: WizardOptions): Promise<WizardOutcome> => {
  const {context, state} = startWizard(services, sizeOf(stdout));
  const theme = chooseTheme(isPlain ? {...environment, NO_COLOR: '1'} : environment);
  let outcome: WizardOutcome = {reason: 'interrupted', savedPath: null, appliedId: null, isTrial: false, error: null};
  const terminal = holdTerminal(stdout);
  const interrupt = signal === undefined ? terminal.interrupt : AbortSignal.any([terminal.interrupt, signal]);
  try {
    const app = <App context={context} initial={state} theme={theme} interrupt={interrupt} onEnd={(end) => (outcome = end)} />;
    const instance = render(app, {stdin, stdout, exitOnCtrlC: false, patchConsole: true});
    const redraw = (): void => {
      instance.clear();
      terminal.clear();
      instance.rerender(app);
    };
    stdout.on('resize', redraw);
    await instance.waitUntilExit();
    stdout.off('resize', redraw);
  } finally {
    terminal.release();
  }
  return outcome;
};
