import type {WizardOptions} from './run-wizard.tsx';
import type {WizardOutcome, WizardServices} from './services.ts';

/**
 * Loads React and Ink only now, so that other commands start without them. Where CI is set Ink draws only the last
 * frame, terminal or not; whoever has a terminal under the wizard wants to see it.
 */
export const startWizard = async (services: WizardServices, options: WizardOptions): Promise<WizardOutcome> => {
  const {runWizard} = await withoutCi(() => import('./run-wizard.tsx'));
  return runWizard(services, options);
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
