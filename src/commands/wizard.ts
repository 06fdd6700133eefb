import {rmSync} from 'node:fs';
import {describeOutcome} from '../ui/describe-outcome.ts';
import {refuseWizard} from '../ui/plain-refusal.ts';
import {printable} from '../ui/printable.ts';
import {startWizard} from '../ui/start-wizard.ts';
import type {WizardOutcome} from '../ui/services.ts';
import type {CommandStyle} from '../ui/told-command.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {startMachine} from './start-machine.ts';
import {createServices} from './wizard-services.ts';

export const wizard = async (context: CommandContext): Promise<number> => {
  const refusal = refuseWizard({stdinIsTty: process.stdin.isTTY, stdoutIsTty: process.stdout.isTTY, term: process.env['TERM']});
  if (refusal !== null) {
    context.err(`${refusal}\n`);
    return exitCodes.usage;
  }
  const root = await chooseRoot(context);
  const canApply = !context.options.isDryRun && (root !== '/' || process.geteuid?.() === 0);
  const machine = canApply ? await startMachine(context, root) : null;
  const {facts, source} = await openHost(context, root);
  const services = createServices(context, {facts, source, machine, root});
  const outcome = await startWizard(services, {stdin: process.stdin, stdout: process.stdout, environment: process.env, isPlain: context.options.isColorOff, signal: context.signal});
  if (context.options.isDemo && outcome.savedPath === null && outcome.appliedId === null && outcome.error === null) rmSync(root, {recursive: true, force: true});
  return conclude(context, outcome, services.commandStyle);
};

const conclude = (context: CommandContext, outcome: WizardOutcome, style: CommandStyle): number => {
  for (const line of describeOutcome(outcome, style)) context.out(`${printable(line)}\n`);
  if (outcome.error !== null && outcome.error !== undefined) throw outcome.error;
  return outcome.reason === 'interrupted' ? exitCodes.interrupted : exitCodes.done;
};
