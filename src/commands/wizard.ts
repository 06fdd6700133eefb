import {UsageError} from '../errors.ts';
import {refuseWizard} from '../ui/plain-refusal.ts';
import type {WizardOutcome} from '../ui/services.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {startMachine} from './start-machine.ts';
import {createServices} from './wizard-services.ts';

export const wizard = async (context: CommandContext): Promise<number> => {
  const refusal = refuseWizard({stdinIsTty: process.stdin.isTTY, stdoutIsTty: process.stdout.isTTY, term: process.env['TERM']});
  if (refusal !== null) {
    const [sentence, ...rest] = refusal.split(/(?<=\.) (?=Use)/);
    throw new UsageError(sentence?.replace(/\.$/, '') ?? refusal, rest.join(' '));
  }
  const root = await chooseRoot(context);
  const canApply = root !== '/' || process.geteuid?.() === 0;
  const machine = canApply ? await startMachine(context, root) : null;
  const {facts, source} = await openHost(context, root);
  const services = createServices(context, {facts, source, machine, root});
  const {runWizard} = await import('../ui/run-wizard.tsx');
  return conclude(context, await runWizard(services, {hasColor: context.hasColor, signal: context.signal}));
};

const conclude = (context: CommandContext, {reason, savedPath, appliedId, error}: WizardOutcome): number => {
  if (savedPath !== null) context.out(`Profile: ${savedPath}\n`);
  if (error !== null && error !== undefined) throw error;
  if (appliedId !== null) context.out(`Applied as ${appliedId}.\n`);
  return reason === 'interrupted' ? exitCodes.interrupted : exitCodes.done;
};
