import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import {configurationFiles} from './trial-image.ts';
import type {TrialLoader} from './trial-loader.ts';

/** Why this host could not come back by itself from a trial of this plan, in words; empty when it can. */
export const judgeTrial = (facts: HostFacts, plan: Plan, loader: TrialLoader | null): readonly string[] => {
  const {loader: name, initramfs} = facts.boot;
  if (loader === null) return [`a boot for once is written for GRUB and systemd-boot only, and ${name ?? 'an unknown boot loader'} starts this host`];
  if (initramfs !== 'initramfs-tools') return [`an image of its own is made by initramfs-tools only, and this host has ${initramfs ?? 'another system'}`];
  return [...loader.judge(facts), ...judgePlan(plan), ...judgeConfiguration(facts)];
};

const judgePlan = ({binding, memory, devices}: Plan): readonly string[] => [
  ...(devices.some(({bindBy}) => bindBy === 'ids') ? ['binding by ids needs files in /etc/modprobe.d, which a trial does not touch'] : []),
  ...(binding.byAddress.length === 0 && devices.every(({bindBy}) => bindBy !== 'ids') ? ['the card is taken when the guest starts, so there is nothing to try at boot'] : []),
  ...(memory.hugepages?.method === 'release-unit' ? ['this kernel puts hugepages on all nodes, and the unit that gives some back is not part of a trial'] : []),
];

const judgeConfiguration = (facts: HostFacts): readonly string[] =>
  configurationFiles(facts).filter(({state}) => state !== 'file').map(({path}) => `${path} is no regular file that can be read, so an image like the host's can not be made`);
