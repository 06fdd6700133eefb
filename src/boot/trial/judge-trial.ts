import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {hasMadeDevices} from '../../plan/device/parents-of.ts';
import type {Plan} from '../../plan/plan.ts';
import type {ImageSystem, TrialImage} from '../../image/image-system.ts';
import type {TrialLoader} from './trial-loader.ts';
import {listWords} from '../../words/list-words.ts';

export const trialImpossible = (reason: string): Finding => ({
  code: 'trial-impossible',
  severity: 'blocker',
  subject: 'trial',
  message: `A trial boot is not possible here: ${reason}.`,
  remedy:
    'Apply without --trial. Should the host not come up, choose an older entry in the boot menu, or add the arguments of the running system by hand there, and roll back.',
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
  boot.watchdog === null
    ? {
        code: 'trial-no-watchdog',
        severity: 'warning',
        subject: 'trial',
        message: 'This host has no watchdog: a boot that hangs without a panic does not end.',
        remedy: 'Should that happen, press reset or hold the power button: the boot after it is the known-good one.',
      }
    : {
        code: 'trial-watchdog',
        severity: 'note',
        subject: 'trial',
        message: `The watchdog (${boot.watchdog}) is armed for the trial by systemd 250 and newer: a hang after systemd has started ends in a reset after a minute.`,
        remedy: 'A hang before that needs the reset button; the boot after it is the known-good one.',
      };

type TrialParts = {
  readonly loader: TrialLoader | null;
  readonly image: TrialImage | null;
  /** All that there are. */
  readonly images: readonly ImageSystem[];
};

/** Sentences why this host could not come back on its own from a trial of this plan; empty when it can. */
export const judgeTrial = (facts: HostFacts, plan: Plan, {loader, image, images}: TrialParts): readonly string[] => {
  const {loader: name, initramfs} = facts.boot;
  // What else is wrong with its menu is of no use to anybody then.
  if (plan.hypervisorArguments !== null)
    return ['an entry for one boot starts a kernel without the hypervisor under it'];
  if (loader === null)
    return [
      `a boot for once is written for GRUB and systemd-boot only, and ${name ?? 'an unknown boot loader'} starts this host`,
    ];
  if (image === null) {
    const able = images.filter(({trialImage}) => trialImage !== null).map(({name: system}) => system);
    return [
      `an image of its own is made by ${listWords(able)} only, and this host has ${initramfs ?? 'another system'}`,
    ];
  }
  return [...loader.judge(facts), ...judgePlan(plan), ...judgeConfiguration(image.configuration(facts))];
};

const judgePlan = ({binding, memory, devices}: Plan): readonly string[] => [
  ...(hasMadeDevices({devices})
    ? ['the unit that makes virtual functions or mediated devices is not part of a trial']
    : []),
  ...(binding.by === 'ids' ? ['binding by ids needs files in /etc/modprobe.d, which a trial does not touch'] : []),
  ...(binding.byAddress.length === 0 && binding.by !== 'ids'
    ? ['the card is taken when the guest starts, so there is nothing to try at boot']
    : []),
  ...(memory.hugepages?.method === 'release-unit'
    ? ['this kernel puts hugepages on all nodes, and the unit that gives some back is not part of a trial']
    : []),
];

const judgeConfiguration = (files: readonly FileFacts[]): readonly string[] =>
  files
    .filter(({state}) => state !== 'file')
    .map(({path}) => `${path} is no regular file that can be read, so an image like the host's can not be made`);
