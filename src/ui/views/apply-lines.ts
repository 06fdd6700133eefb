import {trialMinutes} from '../../artifacts/trial/trial-paths.ts';
import {blank, line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import {quoteForShell} from '../../quote-for-shell.ts';
import {isThisMachine, tellWriting} from '../told-command.ts';
import {applyWord, trialWord, whyNotApply} from '../wizard/apply-step.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {ApplyProblem, Progress, WizardState} from '../wizard/state.ts';
import {commandLines} from './command-lines.ts';
import {findingLines} from './finding-lines.ts';

const howMany = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const summary = (context: WizardContext, state: WizardState, word: string, columns: number): readonly Line[] => {
  const {changes} = state.preview;
  const runs = changes.filter((change) => change.kind === 'run');
  return [
    ...wrapText(`${howMany(changes.length - runs.length, 'file')} to write and ${howMany(runs.length, 'command')} to run, as one transaction: if one part fails or you press Ctrl-C, everything is put back as it was.`, columns),
    ...(isThisMachine(context.services.commandStyle) ? [] : wrapText('This is another root: its commands are listed and not run.', columns, 'warning')),
    ...(context.services.isDemo ? wrapText('It is the scratch copy of the demo; this machine is not touched.', columns, 'warning') : []),
    blank,
    ...offers(context, state, columns),
    [segment('❯ ', 'focus'), segment(`${word}▏`, 'focus')],
    blank,
    ...changes.map((change): Line => [segment(change.kind.padEnd(8), 'muted'), segment(change.path)]),
  ];
};

/** The trial comes first: who is not sure should meet it before the word that changes every boot. */
const offers = ({services}: WizardContext, {preview}: WizardState, columns: number): readonly Line[] => {
  const trial = services.trial?.preview(preview);
  const applyOffer: Line = [segment('Type '), segment(applyWord, 'strong'), segment(' and press Enter to write all of this for good.')];
  if (trial === undefined) return [applyOffer];
  if ('reason' in trial) return [applyOffer, ...wrapText(`One boot on trial is not possible here: ${trial.reason}.`, columns, 'muted')];
  return [
    [segment('Type '), segment(trialWord, 'strong'), segment(' and press Enter for one boot on trial (recommended):')],
    ...wrapText(`the present system stays as it is and comes back by itself, unless you run ${tellWriting(services.commandStyle, 'confirm')} within ${trialMinutes} minutes of that boot.`, columns - 2).map((row): Line => [segment('  '), ...row]),
    applyOffer,
  ];
};

const refusal = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const refused = whyNotApply(context.services, state);
  if (refused === null) return [];
  const saved = state.save.phase === 'saved' ? state.save.path : null;
  const advice = refused.kind === 'done' ? [] : saved === null ? [line('Go back to save the profile and apply it later.')] : [line(refused.kind === 'blocked' ? 'The profile is saved. Once that is solved, apply it with' : 'The profile is saved. Apply it later with'), ...commandLines(tellWriting(context.services.commandStyle, `apply ${quoteForShell(saved)}`), columns, '  ')];
  return [
    ...wrapText(refused.reason, columns, refused.kind === 'done' ? 'good' : 'warning'),
    ...advice,
    blank,
    ...(refused.kind === 'blocked' ? findingLines(state.preview.findings.filter((finding) => finding.severity === 'blocker'), columns) : []),
  ];
};

const running = (progress: Progress, isRestoring: boolean, columns: number): readonly Line[] => [
  isRestoring ? line('Stopping and restoring what was there …', 'warning') : line('Applying … Ctrl-C stops and restores.', 'strong'),
  blank,
  ...progress.finished.slice(-8).map((title): Line => [segment('✓ ', 'good'), segment(title)]),
  ...(progress.title === null ? [] : [[segment('❯ ', 'focus'), segment(progress.title, 'strong')]]),
  ...progress.lastLines.slice(-6).flatMap((row) => wrapText(`  │ ${row}`, columns, 'muted').slice(0, 1)),
];

const failure = ({message, step, isRestored, nextStep}: ApplyProblem, columns: number): readonly Line[] => [
  ...wrapText(`✗ ${message}`, columns, 'error'),
  ...(step === null ? [] : [line(`Step: ${step}`, 'muted')]),
  ...(isRestored === null
    ? []
    : wrapText(isRestored ? '✓ The machine is as it was before.' : '✗ Not everything could be put back.', columns, isRestored ? 'good' : 'error')),
  ...(nextStep === null ? [] : wrapText(`→ ${nextStep}`, columns, 'key')),
  blank,
  line('Esc goes back to your choices, Enter goes on to what can be done next.'),
];

export const applyLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  switch (state.apply.phase) {
    case 'typing': return whyNotApply(context.services, state) === null ? summary(context, state, state.apply.word, columns) : refusal(context, state, columns);
    case 'running': return running(state.apply, false, columns);
    case 'restoring': return running(state.apply, true, columns);
    case 'failed': return failure(state.apply.error, columns);
    case 'done': return wrapText(state.apply.isTrial ? `✓ The trial is set up as ${state.apply.id}.` : `✓ Applied as ${state.apply.id}.`, columns, 'good');
  }
};
