import type {Plan} from '../../plan/plan.ts';
import type {Artifact} from '../artifact.ts';
import {ownHeader} from '../own-file.ts';
import {trialArgument, trialMinutes, trialServicePath, trialTimerPath, trialWantsPath} from './trial-paths.ts';

/**
 * PID 1 itself goes back to the boot that is known to be good when nobody confirms this one: no process of ours has to
 * be alive for it. Both units do nothing in any other boot, and go on in emergency mode (systemd.unit(5)).
 */
export const renderTrialUnits = (plan: Plan): readonly Artifact[] => {
  const head = (what: string): string => `${ownHeader('#', plan.profile)}[Unit]
Description=${what}
DefaultDependencies=no
IgnoreOnIsolate=yes
ConditionKernelCommandLine=${trialArgument}
`;
  const service = `${head('Ends a trial boot that nobody confirmed')}SuccessAction=reboot
FailureAction=reboot

[Service]
Type=oneshot
ExecStart=/bin/true
`;
  const timer = `${head(`Gives a trial boot ${trialMinutes} minutes to be confirmed`)}
[Timer]
OnBootSec=${trialMinutes}min
AccuracySec=1s
`;
  const why = [`Whoever does not run \`vfio-pilot confirm\` within ${trialMinutes} minutes is brought back by systemd, with a reboot.`];
  return [
    {kind: 'file', path: trialServicePath, text: service, encoding: 'utf8', mode: 0o644, installer: 'file', why},
    {kind: 'file', path: trialTimerPath, text: timer, encoding: 'utf8', mode: 0o644, installer: 'file', why},
    {kind: 'symlink', path: trialWantsPath, target: trialTimerPath, why},
  ];
};
