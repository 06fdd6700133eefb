import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import {configurationFiles} from './trial-image.ts';
import {isInitramfs} from './trial-entry.ts';

/** Why this host could not come back by itself from a trial of this plan; empty when it can. */
export const judgeTrial = (facts: HostFacts, plan: Plan): readonly Finding[] => reasons(facts, plan).map(impossible);

const reasons = (facts: HostFacts, plan: Plan): readonly string[] => {
  const {loader, initramfs, grubMenu} = facts.boot;
  if (loader !== 'grub') return [`a boot for once is written for GRUB only, and ${loader ?? 'an unknown boot loader'} starts this host`];
  if (initramfs !== 'initramfs-tools') return [`an image of its own is made by initramfs-tools only, and this host has ${initramfs ?? 'another system'}`];
  if (grubMenu === undefined) return ['the menu of GRUB can not be read (as root it can)'];
  return [...judgeMenu(facts, grubMenu), ...judgePlan(plan), ...judgeConfiguration(facts)];
};

const judgeMenu = ({kernel}: HostFacts, {directory, running, readsCustom, obeysNextEntry, environmentObstacle}: NonNullable<HostFacts['boot']['grubMenu']>): readonly string[] => [
  ...(running === null ? [`no entry of ${directory}/grub.cfg has the kernel and the arguments that this system was started with`] : []),
  ...(running === null || running.images.some((image) => isInitramfs(image, kernel.release ?? '')) ? [] : [`the running entry starts ${running.images.join(' and ')}, which is no image of the running kernel`]),
  ...(readsCustom && obeysNextEntry ? [] : [`${directory}/grub.cfg does not read custom.cfg, or does not obey next_entry`]),
  ...(environmentObstacle === null ? [] : [`${environmentObstacle}: it would start the trial again and again`]),
];

const judgePlan = ({binding, memory, devices}: Plan): readonly string[] => [
  ...(devices.some(({bindBy}) => bindBy === 'ids') ? ['binding by ids needs files in /etc/modprobe.d, which a trial does not touch'] : []),
  ...(binding.byAddress.length === 0 && devices.every(({bindBy}) => bindBy === 'libvirt') ? ['libvirt takes the card when the guest starts, so there is nothing to try at boot'] : []),
  ...(memory.hugepages?.method === 'release-unit' ? ['this kernel puts hugepages on all nodes, and the unit that gives some back is not part of a trial'] : []),
];

const judgeConfiguration = (facts: HostFacts): readonly string[] =>
  configurationFiles(facts).filter(({state}) => state !== 'file').map(({path}) => `${path} is no regular file that can be read, so an image like the host's can not be made`);

const impossible = (reason: string): Finding => ({
  code: 'trial-impossible',
  severity: 'blocker',
  subject: 'trial',
  message: `A trial boot is not possible here: ${reason}.`,
  remedy: 'Apply without --trial. Should the host not come up, choose an older entry in the boot menu, or add the arguments of the running system by hand there, and roll back.',
});

/** What a trial does not catch. */
export const warnOfHang = ({boot}: HostFacts): readonly Finding[] =>
  boot.watchdog === undefined || boot.watchdog === null
    ? [{
        code: 'trial-no-watchdog',
        severity: 'warning',
        subject: 'trial',
        message: 'This host has no watchdog: a boot that stops without a panic is not ended by itself.',
        remedy: 'Should that happen, press reset or hold the power button: the boot after it is the known-good one.',
      }]
    : [{
        code: 'trial-watchdog',
        severity: 'note',
        subject: 'trial',
        message: `The watchdog (${boot.watchdog}) is armed for the trial by systemd 250 and newer: a hang after systemd has started ends in a reset after a minute.`,
        remedy: 'A hang before that needs the reset button; the boot after it is the known-good one.',
      }];
