import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';

export const trialImpossible = (reason: string): Finding => ({
  code: 'trial-impossible',
  severity: 'blocker',
  subject: 'trial',
  message: `A trial boot is not possible here: ${reason}.`,
  remedy: 'Apply without --trial. Should the host not come up, choose an older entry in the boot menu, or add the arguments of the running system by hand there, and roll back.',
});

export const damagedMarks = (path: string): Finding => ({
  code: 'file-foreign',
  severity: 'blocker',
  subject: path,
  message: `${path} has only one of the two marks "# BEGIN vfio-pilot trial" and "# END vfio-pilot trial".`,
  remedy: 'Remove the entry that vfio-pilot wrote, with the marks, then run the command again.',
});

/** What a trial does not catch. */
export const warnOfHang = ({boot}: HostFacts): Finding =>
  boot.watchdog === undefined || boot.watchdog === null
    ? {
        code: 'trial-no-watchdog',
        severity: 'warning',
        subject: 'trial',
        message: 'This host has no watchdog: a boot that stops without a panic is not ended by itself.',
        remedy: 'Should that happen, press reset or hold the power button: the boot after it is the known-good one.',
      }
    : {
        code: 'trial-watchdog',
        severity: 'note',
        subject: 'trial',
        message: `The watchdog (${boot.watchdog}) is armed for the trial by systemd 250 and newer: a hang after systemd has started ends in a reset after a minute.`,
        remedy: 'A hang before that needs the reset button; the boot after it is the known-good one.',
      };
