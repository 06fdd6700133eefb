import type {WizardOutcome} from '../services.ts';
import type {WizardState} from './state.ts';

const outcomeOf = (state: WizardState, reason: WizardOutcome['reason']): WizardOutcome => ({
  reason,
  savedPath: state.save.phase === 'saved' ? state.save.path : null,
  appliedId: state.apply.phase === 'done' ? state.apply.id : null,
  isTrial: state.apply.phase === 'done' && state.apply.isTrial,
  error: state.apply.phase === 'failed' ? state.apply.cause : null,
});

export const leave = (state: WizardState, reason: WizardOutcome['reason']): WizardState => ({...state, outcome: outcomeOf(state, reason)});
