import {type CommandStyle, isThisMachine, writingCommand} from './command-style.ts';
import type {WizardOutcome} from './services.ts';

/** For the screen that was there before: what is worth knowing once the wizard has gone. */
export const describeOutcome = (
  {reason, savedPath, appliedId, isTrial, needsReboot, rolledBackId, draft, error}: WizardOutcome,
  style: CommandStyle,
): readonly string[] => [
  ...(savedPath === null ? [] : [`Profile saved: ${savedPath}`]),
  ...(appliedId === null
    ? []
    : isTrial
      ? describeTrial(appliedId, style)
      : describeApplied(appliedId, needsReboot, style)),
  ...(rolledBackId === null ? [] : describeRolledBack(rolledBackId, needsReboot, style)),
  ...(appliedId === null && rolledBackId === null && error === null
    ? [
        `${isThisMachine(style) ? 'Nothing was changed on this machine.' : 'Nothing was applied.'}${reason === 'interrupted' ? ' (interrupted)' : ''}`,
      ]
    : []),
  ...(draft === null
    ? []
    : 'path' in draft
      ? [`Your choices are kept: ${draft.path}`, 'The next start offers to continue.']
      : [`Your choices are not kept: ${draft.problem}`]),
];

const describeTrial = (id: string, style: CommandStyle): readonly string[] => [
  `The trial is set up as ${id}.`,
  `Reboot; when that boot is good: ${writingCommand(style, 'confirm')}`,
  `To drop it:                     ${writingCommand(style, `rollback ${id}`)}`,
];

const describeRolledBack = (id: string, needsReboot: boolean, style: CommandStyle): readonly string[] => [
  `Rolled back ${id}: its files are restored to the byte.`,
  ...(isThisMachine(style)
    ? [needsReboot ? 'Reboot; the card is with its own driver again afterwards.' : 'No reboot is needed.']
    : []),
];

const describeApplied = (id: string, needsReboot: boolean, style: CommandStyle): readonly string[] => [
  `Applied as ${id}.`,
  `${isThisMachine(style) && needsReboot ? 'Reboot, then run: ' : 'To check it:      '} ${writingCommand(style, 'verify')}`,
  `To undo it:        ${writingCommand(style, `rollback ${id}`)}`,
];
