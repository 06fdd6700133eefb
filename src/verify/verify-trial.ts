import {trialArgument, trialMinutes} from '../artifacts/trial/trial-paths.ts';
import type {HostFacts} from '../host/facts.ts';
import type {PromiseResult} from './promise.ts';

/** Whether the running system was started by this trial's entry. */
export const isTrialBoot = ({boot}: HostFacts, token: string): boolean => (boot.commandLine ?? '').split(/\s+/).includes(`${trialArgument}=${token}`);

export const verifyTrial = (facts: HostFacts, token: string): PromiseResult => {
  const isRunning = isTrialBoot(facts, token);
  return {
    id: 'trial-boot',
    status: isRunning ? 'kept' : 'broken',
    promise: 'This boot is the trial.',
    fact: isRunning ? `It ends ${trialMinutes} minutes after its start, unless you run \`vfio-pilot confirm\`.` : 'It is not: the trial did not come up, or nobody confirmed it in time, and the known-good boot is back.',
    remedy: isRunning ? null : '`vfio-pilot rollback` takes the trial away; look for its end with `journalctl -b -1`.',
  };
};
