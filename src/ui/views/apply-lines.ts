import {trialMinutes} from '../../boot/trial/trial-units.ts';
import type {Change} from '../../changes/change.ts';
import {isScripted} from '../../hypervisor/hypervisors.ts';
import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {isThisMachine, readingCommand, writingCommand} from '../command-style.ts';
import {sumUp} from '../sum-up.ts';
import {applyWord, trialWord, whyNotApply} from '../wizard/apply-step.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {Progress, WizardState} from '../wizard/state.ts';
import {commandLines, findingLines} from './parts.ts';
import {describeElapsed, failureLines, progressLines} from './progress-lines.ts';
import {sayIn, sayingOf} from './say.ts';

/** Of a root that is not this machine: whose it is, and what becomes of the commands, where there are any. */
const elsewhere = ({services: {isDemo}}: WizardContext, changes: readonly Change[]): string => {
  const place = isDemo
    ? 'This is the scratch copy of the demo. Your machine is not changed.'
    : 'This is another root. Your machine is not changed.';
  return changes.some(({kind}) => kind === 'run') ? `${place} The commands are listed but not run.` : place;
};

const summary = (context: WizardContext, state: WizardState, word: string, columns: number): readonly Line[] => {
  const {plan, changes} = state.preview;
  return [
    ...(plan === null ? [] : wrapText(sumUp(context.services.facts, plan, changes), columns, 'strong')),
    ...wrapText('If one part fails, or you press Ctrl-C, everything is restored.', columns),
    ...(isThisMachine(context.services.commandStyle) ? [] : wrapText(elsewhere(context, changes), columns, 'warning')),
    ...(context.services.isDryRun
      ? wrapText(
          'This is a dry run: all of it is played through in memory, and nothing is written.',
          columns,
          'warning',
        )
      : []),
    blank,
    ...offers(context, state, columns),
    [segment('❯ ', 'focus'), segment(`${word}▏`, 'focus')],
    blank,
    ...changes.map((change): Line => [segment(change.kind.padEnd(8), 'muted'), segment(change.path)]),
  ];
};

/** The trial comes first: a person who is not sure should see it before the word that changes every boot. */
const offers = ({services}: WizardContext, {preview}: WizardState, columns: number): readonly Line[] => {
  const trial = services.trial?.preview(preview);
  const applyOffer: Line = [
    segment('Type '),
    segment(applyWord, 'strong'),
    segment(' and press Enter to make these changes permanently.'),
  ];
  if (trial === undefined) return [applyOffer];
  if ('reason' in trial)
    return [applyOffer, ...wrapText(`A trial boot is not possible here: ${trial.reason}.`, columns, 'muted')];
  return [
    [segment('Type '), segment(trialWord, 'strong'), segment(' and press Enter for one trial boot (recommended):')],
    ...wrapText(
      `the present system comes back after it, unless you run ${writingCommand(services.commandStyle, 'confirm')} within ${trialMinutes} minutes.`,
      columns - 2,
    ).map((row): Line => [segment('  '), ...row]),
    applyOffer,
  ];
};

const refusal = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const refused = whyNotApply(context.services, state);
  if (refused === null) return [];
  const saved = state.save.phase === 'saved' ? state.save.path : null;
  const advice =
    refused.kind === 'done'
      ? []
      : saved === null
        ? [line('Press Esc to save the profile first. You can apply it later.')]
        : [
            line(
              refused.kind === 'blocked'
                ? 'The profile is saved. When this is solved, go on with'
                : 'The profile is saved. Go on with',
            ),
            ...commandLines(
              state.preview.plan !== null && isScripted(state.preview.plan)
                ? readingCommand(context.services.commandStyle, `export script ${quoteForShell(saved)}`)
                : writingCommand(context.services.commandStyle, `apply ${quoteForShell(saved)}`),
              columns,
              '  ',
            ),
          ];
  return [
    ...wrapText(refused.reason, columns, refused.kind === 'done' ? 'good' : 'warning'),
    ...advice,
    blank,
    ...(refused.kind === 'blocked'
      ? findingLines(
          state.preview.findings.filter((finding) => finding.severity === 'blocker'),
          columns,
          sayingOf(context, state),
        )
      : []),
  ];
};

type Running = Progress & {readonly phase: 'running' | 'restoring'; readonly isTrial: boolean};

const running = ({services}: WizardContext, {preview, elapsedSeconds}: WizardState, apply: Running): Line => {
  const time = describeElapsed(elapsedSeconds);
  if (apply.phase === 'restoring') return line(`Stopping, and restoring everything … ${time}`, 'warning');
  const trial = apply.isTrial ? services.trial?.preview(preview) : undefined;
  const total = (trial !== undefined && 'changes' in trial ? trial : preview).changes.length;
  const step = Math.min(total, apply.finished.length + 1);
  return line(`Applying … step ${step} of ${total}, ${time}. Ctrl-C stops and restores everything.`, 'strong');
};

export const applyLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  switch (state.apply.phase) {
    case 'typing':
      return whyNotApply(context.services, state) === null
        ? summary(context, state, state.apply.word, columns)
        : refusal(context, state, columns);
    case 'running':
    case 'restoring':
      return progressLines(state.apply, running(context, state, state.apply), columns);
    case 'failed':
      return [
        ...failureLines(state.apply.error, sayIn(context, state), columns),
        blank,
        line('Esc goes back to your choices. Enter shows what you can do next.'),
      ];
    case 'done':
      return wrapText(
        state.apply.isTrial ? `✓ The trial is set up as ${state.apply.id}.` : `✓ Applied as ${state.apply.id}.`,
        columns,
        'good',
      );
  }
};
