import type {WizardState} from './state.ts';
import type {WizardContext} from './context.ts';
import {fieldContextOf} from './context.ts';
import {riskFields} from './risk-fields.ts';

export type StepId = 'start' | 'checks' | 'device' | 'risks' | 'cpu' | 'memory' | 'guest' | 'review' | 'save' | 'apply' | 'next';

type Step = {
  readonly id: StepId;
  readonly title: string;
  /** One sentence for the help: what is decided here. */
  readonly purpose: string;
  readonly isNeeded: (context: WizardContext, state: WizardState) => boolean;
};

const always = (): boolean => true;

const steps: readonly Step[] = [
  {id: 'start', title: 'Start', purpose: 'Begin anew, or from a profile that you saved.', isNeeded: ({services}) => services.savedProfiles.length > 0},
  {id: 'checks', title: 'Host checks', purpose: 'What this host can do, and what to change if something is missing.', isNeeded: always},
  {id: 'device', title: 'Device', purpose: 'Which card goes to the guest. What shares its IOMMU group has to go along.', isNeeded: always},
  {
    id: 'risks',
    title: 'Risks',
    purpose: 'What has to be given up for this card; only what you type the word for.',
    isNeeded: (context, state) => riskFields(fieldContextOf(context, state)).length > 0,
  },
  {id: 'cpu', title: 'CPU', purpose: 'How many CPUs the guest gets, and which of the host’s cores they run on.', isNeeded: always},
  {id: 'memory', title: 'Memory', purpose: 'How much memory the guest gets, from which node, in which pages.', isNeeded: always},
  {id: 'guest', title: 'Guest', purpose: 'The libvirt domain: a new one, or one that exists and is edited.', isNeeded: always},
  {id: 'review', title: 'Review', purpose: 'Everything that is to be known, and every byte that would change.', isNeeded: always},
  {id: 'save', title: 'Save the profile', purpose: 'Keep what you decided as a file that can be replayed.', isNeeded: always},
  {id: 'apply', title: 'Apply', purpose: 'The only step that changes the machine. All of it happens, or nothing.', isNeeded: always},
  {id: 'next', title: 'What next', purpose: 'What to do now, how to check that it worked, how to undo it.', isNeeded: always},
];

const neededSteps = (context: WizardContext, state: WizardState): readonly Step[] =>
  steps.filter((step) => step.id === state.step || step.isNeeded(context, state));

export const stepOf = (id: StepId): Step => {
  const found = steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`There is no wizard step ${id}`);
  return found;
};

export const firstStep = (context: WizardContext, state: WizardState): StepId =>
  steps.find((step) => step.isNeeded(context, state))?.id ?? 'checks';

const neighbour = (context: WizardContext, state: WizardState, distance: 1 | -1): StepId | null => {
  const needed = neededSteps(context, state);
  return needed[needed.findIndex((step) => step.id === state.step) + distance]?.id ?? null;
};

export const nextStep = (context: WizardContext, state: WizardState): StepId | null => neighbour(context, state, 1);
export const previousStep = (context: WizardContext, state: WizardState): StepId | null => neighbour(context, state, -1);

/** Counted from 1. */
export const positionOfStep = (context: WizardContext, state: WizardState): {readonly index: number; readonly total: number} => {
  const needed = neededSteps(context, state);
  return {index: needed.findIndex((step) => step.id === state.step) + 1, total: needed.length};
};
