import {holdTerminal} from './hold-terminal.ts';
import {isReadAloud} from './read-aloud.ts';
import type {WizardOptions} from './run-wizard.tsx';
import type {WizardOutcome, WizardServices} from './services.ts';

type Options = Omit<WizardOptions, 'terminal' | 'reopen'> & {
  /** `--no-mouse`: the mouse selects text as anywhere else. */
  readonly hasMouse: boolean;
};

/** Before anything is known: the title of the screen that takes its place, in characters that every terminal has. */
const reading = 'vfio-pilot  This machine\r\n\r\nReading this machine ...\r\n';

/**
 * Runs until the user has left; the terminal is restored whichever way that happens. `open` reads the machine.
 *
 * Loads React and Ink only now, so that other commands start without them. Where CI is set Ink draws only the last
 * frame, terminal or not; whoever has a terminal under the wizard wants to see it.
 */
export const startWizard = async (open: () => Promise<WizardServices>, options: Options): Promise<WizardOutcome> => {
  const {stdin, stdout, environment} = options;
  // What is read aloud has no places to point at.
  const terminal = holdTerminal({stdin, stdout, hasMouse: options.hasMouse && !isReadAloud(environment)});
  const draw = (): void => void stdout.write(reading);
  terminal.drawBy(draw);
  try {
    draw();
    const services = await open();
    const {runWizard} = await withoutCi(() => import('./run-wizard.tsx'));
    terminal.clear();
    return await runWizard(services, {...options, terminal, reopen: open});
  } finally {
    terminal.release();
  }
};

const names = ['CI', 'CONTINUOUS_INTEGRATION'] as const;

/** Ink asks once, when it is loaded. */
const withoutCi = async <T>(load: () => Promise<T>): Promise<T> => {
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  try {
    return await load();
  } finally {
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  }
};
