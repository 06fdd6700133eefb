/** Everything that a trial boot adds. None of it is read by a boot that is no trial. */
export const trialImageName = 'vfio-pilot-trial.img';
export const trialTimerPath = '/etc/systemd/system/vfio-pilot-trial.timer';
export const trialServicePath = '/etc/systemd/system/vfio-pilot-trial.service';
/** Under sysinit.target, so that it runs in emergency mode too. */
export const trialWantsPath = '/etc/systemd/system/sysinit.target.wants/vfio-pilot-trial.timer';
/** A whole configuration of initramfs-tools of its own, so that the host's stays as it is; not among the journals, which no plan may write to. */
export const trialConfigurationPath = '/var/lib/vfio-pilot-trial';

export const trialEntryId = 'vfio-pilot-trial';
export const trialTitle = 'vfio-pilot: one boot on trial';
/** On the kernel command line: which trial this boot is. To the kernel it is a parameter of a module that is never loaded. */
export const trialArgument = 'vfio_pilot.trial';
export const trialMinutes = 10;
