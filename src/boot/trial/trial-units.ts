import type {Artifact} from '../../artifacts/artifact.ts';
import {ownHeader} from '../../artifacts/rendered.ts';
import {editCommandLine, type EditedCommandLine} from '../../formats/kernel-line/edit.ts';
import type {Plan} from '../../plan/plan.ts';
import {editOfPlan} from '../command-line/kernel-cmdline-file.ts';

/** Everything that a trial boot adds. None of it is read by a boot that is no trial. */
export const trialImageName = 'vfio-pilot-trial.img';
export const trialTimerPath = '/etc/systemd/system/vfio-pilot-trial.timer';
export const trialServicePath = '/etc/systemd/system/vfio-pilot-trial.service';
/** Under sysinit.target, so that it runs in emergency mode too. */
export const trialWantsPath = '/etc/systemd/system/sysinit.target.wants/vfio-pilot-trial.timer';
/** A whole configuration of initramfs-tools of its own, so that the host's is not changed; not among the journals, which no plan may write to. */
export const trialConfigurationPath = '/var/lib/vfio-pilot-trial';

export const trialEntryId = 'vfio-pilot-trial';
export const trialTitle = 'vfio-pilot: one boot on trial';
/** On the kernel command line: which trial this boot is. To the kernel it is a parameter of a module that is never loaded. */
export const trialArgument = 'vfio_pilot.trial';
export const trialMinutes = 10;

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
  return {
    ok: true,
    text: [
      edited.text,
      'panic=10',
      ...(watchdog === null ? [] : ['systemd.watchdog_sec=60']),
      `${trialArgument}=${token}`,
    ].join(' '),
  };
};

/**
 * PID 1 itself goes back to the boot that is known to be good when nobody confirms this one: no process of our own has to
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
  const why = [
    `Whoever does not run \`vfio-pilot confirm\` within ${trialMinutes} minutes is brought back by systemd, with a reboot.`,
  ];
  return [
    {
      kind: 'file',
      path: trialServicePath,
      text: service,
      encoding: 'utf8',
      mode: 0o644,
      placing: 'first',
      by: 'writer',
      why,
    },
    {
      kind: 'file',
      path: trialTimerPath,
      text: timer,
      encoding: 'utf8',
      mode: 0o644,
      placing: 'first',
      by: 'writer',
      why,
    },
    {kind: 'symlink', path: trialWantsPath, target: trialTimerPath, why},
  ];
};
