import {isOnlyCard, riskFields} from './consent-fields.ts';
import {fieldContextOf, type WizardContext} from './context.ts';
import type {StepId, WizardState} from './state.ts';

type Step = {
  readonly id: StepId;
  readonly title: string;
  /** One sentence: what you decide here. */
  readonly purpose: string;
  readonly isNeeded: (context: WizardContext, state: WizardState) => boolean;
  /** No step of the way to Apply, so that it is not counted among them. */
  readonly isAside?: true;
};

const always = (): boolean => true;
const never = (): boolean => false;

const steps: readonly Step[] = [
  {
    id: 'home',
    title: 'This machine',
    purpose: 'What is set up here, and what you can do.',
    isNeeded: always,
    isAside: true,
  },
  {
    id: 'map',
    title: 'Summary',
    purpose: 'Every decision with its value and reason. Enter goes to its step.',
    isNeeded: never,
    isAside: true,
  },
  {
    id: 'todo',
    title: 'To do by hand',
    purpose: 'In this order. Space ticks what is done; the list is kept in a file next to the profile.',
    isNeeded: never,
    isAside: true,
  },
  {
    id: 'undo',
    title: 'Roll back',
    purpose: 'Restores what the last run changed, to the byte. The diff shows it first.',
    isNeeded: never,
    isAside: true,
  },
  {
    id: 'checks',
    title: 'Host checks',
    purpose: 'What this host can do, and what you have to change first.',
    isNeeded: always,
  },
  {
    id: 'device',
    title: 'Device',
    purpose: 'Choose the card for the guest. Everything in its IOMMU group goes with it.',
    isNeeded: always,
  },
  {
    id: 'lend',
    title: 'Only card',
    purpose: 'This is your only graphics card. Do you lend it to the guest, or keep it?',
    isNeeded: (context, state) => isOnlyCard(fieldContextOf(context, state)),
  },
  {
    id: 'risks',
    title: 'Risks',
    purpose: 'What this card costs the host. Choose, or type "accept" where you are asked.',
    isNeeded: (context, state) => riskFields(fieldContextOf(context, state)).length > 0,
  },
  {
    id: 'cpu',
    title: 'CPU',
    purpose: 'How many CPUs the guest gets, and which host cores they run on.',
    isNeeded: always,
  },
  {
    id: 'cores',
    title: 'Cores',
    purpose: 'Pick the cores of the guest on the map. Each core goes with all of its threads.',
    isNeeded: never,
    isAside: true,
  },
  {
    id: 'memory',
    title: 'Memory',
    purpose: 'How much memory the guest gets, from which NUMA node, in which page size.',
    isNeeded: always,
  },
  {
    id: 'guest',
    title: 'Guest',
    purpose: 'The virtual machine: a new one, or one that you have.',
    isNeeded: always,
  },
  {
    id: 'review',
    title: 'Review',
    purpose: 'Check the warnings and every change before you apply.',
    isNeeded: always,
  },
  {
    id: 'save',
    title: 'Save the profile',
    purpose: 'Save your choices as a file that you can apply again.',
    isNeeded: always,
  },
  {
    id: 'apply',
    title: 'Apply',
    purpose: 'Only this step changes the machine. If one part fails, everything is restored.',
    isNeeded: always,
  },
  {
    id: 'next',
    title: 'What next',
    purpose: 'What to do now, how to check the result, and how to undo it.',
    isNeeded: always,
  },
];

const neededSteps = (context: WizardContext, state: WizardState): readonly Step[] =>
  steps.filter((step) => step.id === state.step || step.isNeeded(context, state));

export const stepOf = (id: StepId): Step => {
  const found = steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`There is no wizard step ${id}`);
  return found;
};

const neighbour = (context: WizardContext, state: WizardState, distance: 1 | -1): StepId | null => {
  const needed = neededSteps(context, state);
  return needed[needed.findIndex((step) => step.id === state.step) + distance]?.id ?? null;
};

/** Whether a person comes to it on the way to Apply. */
export const isOnTheWay = (context: WizardContext, state: WizardState, id: StepId): boolean =>
  stepOf(id).isNeeded(context, state);

export const nextStep = (context: WizardContext, state: WizardState): StepId | null => neighbour(context, state, 1);
export const previousStep = (context: WizardContext, state: WizardState): StepId | null =>
  neighbour(context, state, -1);

/** Counted from 1; `null` for a screen that is no step of the way. */
export const positionOfStep = (
  context: WizardContext,
  state: WizardState,
): {readonly index: number; readonly total: number} | null => {
  if (stepOf(state.step).isAside) return null;
  const needed = neededSteps(context, state).filter(({isAside}) => !isAside);
  return {index: needed.findIndex((step) => step.id === state.step) + 1, total: needed.length};
};
