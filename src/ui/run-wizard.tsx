import {Box, render, Text} from 'ink';
import {cloneElement, type ReactElement} from 'react';
import {App} from './app.tsx';
import type {HeldTerminal} from './hold-terminal.ts';
import {sizeOf} from './hooks.ts';
import type {WizardOutcome, WizardServices} from './services.ts';
import {chooseTheme, type Theme} from './theme.ts';
import {type Background, openTerminalInput} from './terminal-input.ts';
import {startWizard} from './wizard/wizard.ts';

export type WizardOptions = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--no-color` */
  readonly isPlain: boolean;
  /** `--theme`; `null` asks the terminal. */
  readonly background: Background | null;
  /** Aborted by a signal, perhaps before the wizard has the terminal. */
  readonly signal?: AbortSignal;
  /** It is empty. */
  readonly terminal: HeldTerminal;
  /** Reads the machine anew after it was changed. */
  readonly reopen: () => Promise<WizardServices>;
};

/** The wizard, or the sentence that is shown while the machine is read. */
type Drawn = ReactElement<{isAway?: boolean; theme?: Theme}>;

const interrupted: WizardOutcome = {
  reason: 'interrupted',
  savedPath: null,
  appliedId: null,
  isTrial: false,
  needsReboot: false,
  rolledBackId: null,
  draft: null,
  error: null,
};

/** Runs until the user has left; the terminal is restored whichever way that happens. */
export const runWizard = async (
  services: WizardServices,
  {stdin, stdout, environment, isPlain, background, signal, terminal, reopen}: WizardOptions,
): Promise<WizardOutcome> => {
  let outcome: WizardOutcome | null = null;
  let isShown = true;
  const known = isPlain ? {...environment, NO_COLOR: '1'} : environment;
  let theme = chooseTheme(known, background ?? 'dark');
  const interrupt = signal === undefined ? terminal.interrupt : AbortSignal.any([terminal.interrupt, signal]);
  let tell = (): void => undefined;
  const input = openTerminalInput({stdin, stdout});
  const appOf = (opened: WizardServices, round: number): Drawn => {
    const {context, state} = startWizard(opened, sizeOf(stdout), outcome);
    return (
      <App
        key={round}
        context={context}
        initial={state}
        theme={theme}
        interrupt={interrupt}
        onSuspend={terminal.suspend}
        onCopy={terminal.copy}
        onEnd={(end) => {
          outcome = end;
          tell();
        }}
      />
    );
  };
  try {
    // The Linux console is black, and shows the question instead of answering it.
    const asked =
      background === null && theme.hasColour && environment['TERM'] !== 'linux' ? input.askBackground() : null;
    let app = appOf(services, 0);
    let told = new Promise<void>((resolve) => (tell = resolve));
    const instance = render(app, {stdin: input.keys, stdout, exitOnCtrlC: false, patchConsole: true});
    const redraw = (): void => {
      instance.clear();
      terminal.clear();
      instance.rerender(app);
    };
    // Ink writes nothing for a frame that equals the last one, so another one comes between.
    terminal.drawBy(() => {
      instance.rerender(cloneElement(app, {isAway: true}));
      redraw();
    });
    stdout.on('resize', redraw);
    const exited = instance.waitUntilExit();
    // Most terminals are dark, and one that is far away or silent must not keep the first screen back.
    void asked?.then((found) => {
      if (found !== 'light' || !isShown) return;
      theme = chooseTheme(known, found);
      app = cloneElement(app, {theme});
      instance.rerender(app);
    });
    await Promise.race([told, exited]);
    for (let round = 1; isAgain(outcome); round += 1) {
      told = new Promise<void>((resolve) => (tell = resolve));
      app = reading;
      instance.rerender(app);
      app = appOf(await reopen(), round);
      instance.rerender(app);
      await Promise.race([told, exited]);
    }
    stdout.off('resize', redraw);
    isShown = false;
    instance.unmount();
    await exited;
  } finally {
    input.release();
  }
  return outcome ?? interrupted;
};

const reading: Drawn = (
  <Box>
    <Text>Reading this machine …</Text>
  </Box>
);

const isAgain = (outcome: WizardOutcome | null): boolean => outcome?.reason === 'again';
