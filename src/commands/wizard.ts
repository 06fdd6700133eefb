import {literal, nullable, shape, text} from '../decode/decode.ts';
import {UsageError} from '../errors.ts';
import type {CommandStyle} from '../ui/command-style.ts';
import {describeOutcome} from '../ui/describe-outcome.ts';
import {refuseWizard} from '../ui/plain-refusal.ts';
import type {WizardOutcome, WizardServices} from '../ui/services.ts';
import {startWizard} from '../ui/start-wizard.ts';
import {printable} from '../words/printable.ts';
import {type Command, type Context, exitCodes} from './command.ts';
import {commandStyleOf, startWriting} from './writing.ts';

type Options = {readonly 'dry-run': boolean; readonly theme?: string; readonly 'no-mouse': boolean};

type Ended = {readonly outcome: WizardOutcome; readonly style: CommandStyle};

type Document = {readonly version: 1; readonly applied: string | null};

/** Draws on the terminal for as long as it runs; the result is how it ended. */
export const wizard: Command<Options, Ended, Document> = {
  run: async (context) => {
    refuse(context);
    const host = await context.host();
    if (host.mayWrite) await startWriting(context, host, {resume: false, keepEdits: false});
    // Planning and rendering are loaded once there is something to look at.
    const open = async (): Promise<WizardServices> =>
      (await import('./wizard-services.ts')).createServices(context, host);
    const {theme} = context.options;
    const outcome = await startWizard(open, {
      stdin: process.stdin,
      stdout: process.stdout,
      environment: process.env,
      isPlain: context.isPlain,
      background: theme === 'light' || theme === 'dark' ? theme : null,
      hasMouse: !context.options['no-mouse'],
      signal: context.signal,
    });
    // What a dry run applied is gone with it.
    const appliedId = host.isDry ? null : outcome.appliedId;
    return {outcome: {...outcome, appliedId}, style: commandStyleOf(host, context.style)};
  },
  exitCode: ({outcome}) => (outcome.reason === 'interrupted' ? exitCodes.interrupted : exitCodes.done),
  document: ({outcome}) => ({version: 1, applied: outcome.appliedId}),
  shape: shape<Document>({version: literal(1), applied: nullable(text)}),
  describe: ({outcome, style}) =>
    describeOutcome(outcome, style)
      .map((line) => `${printable(line)}\n`)
      .join(''),
  failure: ({outcome}) => outcome.error ?? null,
};

const refuse = ({json}: Context<Options>): void => {
  if (json)
    throw new UsageError(
      'The wizard draws on the terminal, and has no JSON to print.',
      'Use `vfio-pilot plan PROFILE --json` and `vfio-pilot apply PROFILE --json`.',
    );
  const refusal = refuseWizard({
    stdinIsTty: process.stdin.isTTY,
    stdoutIsTty: process.stdout.isTTY,
    term: process.env['TERM'],
  });
  if (refusal !== null) throw new UsageError(refusal.reason, refusal.instead);
};
