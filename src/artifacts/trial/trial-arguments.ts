import type {Plan} from '../../plan/plan.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import type {EditedCommandLine} from '../command-line/edit-command-line.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {trialArgument} from './trial-paths.ts';

export type TrialBoot = {readonly token: string; readonly watchdog: string | null};

/**
 * The present arguments with those of the plan. What modprobe.d will hold comes along as arguments, which modprobe reads
 * too (kmod: modprobe(8)); a panic and a root that can't be found end in a reboot (kernel: `panic=`, initramfs-tools(7):
 * `panic=`); systemd feeds the watchdog from version 250 on (kernel-command-line(7)).
 */
export const trialArguments = (present: string, plan: Plan, {token, watchdog}: TrialBoot): EditedCommandLine => {
  const edit = editOfPlan(plan);
  const options = plan.binding.moduleOptions.map(({module, parameter, value}) => `${module}.${parameter}=${value}`);
  const edited = editCommandLine(present, {...edit, add: [...edit.add, ...options]});
  if (!edited.ok) return edited;
  // Of several the last one counts.
  return {ok: true, text: [edited.text, 'panic=10', ...(watchdog === null ? [] : ['systemd.watchdog_sec=60']), `${trialArgument}=${token}`].join(' ')};
};
