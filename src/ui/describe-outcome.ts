import type {WizardOutcome} from './services.ts';
import {isThisMachine, tellWriting} from './told-command.ts';
import type {CommandStyle} from './told-command.ts';

/** For the screen that was there before: what is worth knowing once the wizard has gone. */
export const describeOutcome = ({reason, savedPath, appliedId, isTrial, error}: WizardOutcome, style: CommandStyle): readonly string[] => [
  ...(savedPath === null ? [] : [`Profile saved: ${savedPath}`]),
  ...(appliedId === null ? [] : isTrial ? describeTrial(appliedId, style) : describeApplied(appliedId, style)),
  ...(appliedId === null && error === null ? [`${isThisMachine(style) ? 'Nothing was changed on this machine.' : 'Nothing was applied.'}${reason === 'interrupted' ? ' (interrupted)' : ''}`] : []),
];

const describeTrial = (id: string, style: CommandStyle): readonly string[] => [
  `The trial is set up as ${id}.`,
  `Reboot; when that boot is good: ${tellWriting(style, 'confirm')}`,
  `To drop it:                     ${tellWriting(style, `rollback ${id}`)}`,
];

const describeApplied = (id: string, style: CommandStyle): readonly string[] => [
  `Applied as ${id}.`,
  `${isThisMachine(style) ? 'Reboot, then run: ' : 'To check it:      '} ${tellWriting(style, 'verify')}`,
  `To undo it:        ${tellWriting(style, `rollback ${id}`)}`,
];
