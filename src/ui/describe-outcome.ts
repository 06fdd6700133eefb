import type {WizardOutcome} from './services.ts';

/** For the screen that was there before: what is worth knowing once the wizard has gone. */
export const describeOutcome = ({reason, savedPath, appliedId, error}: WizardOutcome): readonly string[] => [
  ...(savedPath === null ? [] : [`Profile saved: ${savedPath}`]),
  ...(appliedId === null ? [] : [`Applied as ${appliedId}. Reboot, then run: sudo vfio-pilot verify`, `To undo it: sudo vfio-pilot rollback ${appliedId}`]),
  ...(appliedId === null && error === null ? [`Nothing was changed on this machine.${reason === 'interrupted' ? ' (interrupted)' : ''}`] : []),
];
