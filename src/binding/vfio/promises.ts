import type {HostFacts} from '../../facts/host-facts.ts';
import {isVfioDriver} from '../../facts/modules.ts';
import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import {analyseGroup} from '../../groups/analyse-group.ts';
import type {Plan} from '../../plan/plan.ts';

export const vfioPromises = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => [
  ...hostDisplayPromises(facts, plan),
  ...groupPromises(facts, plan),
  ...moduleOptionPromises(facts, plan),
];

/** The other half of the promise: what was not chosen stays with the host, twins of the chosen card above all. */
const hostDisplayPromises = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const taken = new Set([...plan.devices.map((device) => device.address), ...plan.binding.byAddress]);
  return facts.pci
    .filter((device) => isDisplay(device) && !taken.has(device.address) && device.driver !== null)
    .map((device) => ({
      id: 'host-display',
      status: isVfioDriver(device.driver) ? 'broken' : 'kept',
      promise: `${device.address} stays with the host.`,
      fact: `Its driver is ${device.driver}.`,
      remedy: isVfioDriver(device.driver)
        ? 'Something else binds it: look for vfio-pci.ids= in /proc/cmdline and for `options vfio-pci` in /etc/modprobe.d.'
        : null,
    }));
};

/** vfio gives out groups: one member with a driver of the host's, and the guest does not start ("group N is not viable"). */
const groupPromises = (facts: HostFacts, plan: Plan): readonly PromiseResult[] =>
  [...new Set(plan.devices.map(({iommuGroup}) => iommuGroup))].flatMap((id) => {
    const group = id === null ? null : analyseGroup(facts, id);
    if (group === null) return [];
    const isTakenAtStart = ({address}: PciFunction): boolean =>
      plan.binding.by === 'libvirt' && plan.devices.some((device) => device.address === address);
    const bound = group.endpoints.filter(
      ({driver}) => driver !== null && !isVfioDriver(driver) && driver !== 'pci-stub',
    );
    const holders = bound.filter((member) => !isTakenAtStart(member));
    return [
      {
        id: 'group-viable',
        status: holders.length === 0 ? 'kept' : 'broken',
        promise: `Group ${group.id} can go to a guest.`,
        fact:
          holders.length === 0
            ? `Nothing in it is with a driver of the host${bound.length === 0 ? '' : ', except what is taken when the guest starts'}.`
            : `${holders.map(({address, driver}) => `${address} is with ${driver}`).join(', ')}.`,
        remedy:
          holders.length === 0
            ? null
            : 'Another device is in the group than when the plan was made, or one was bound again: plan again with `vfio-pilot plan`.',
      },
    ];
  });

const moduleOptionPromises = (facts: HostFacts, plan: Plan): readonly PromiseResult[] =>
  plan.binding.moduleOptions
    .filter((option) => option.parameter !== 'ids')
    .map((option) => {
      const name = `${option.module.replaceAll('-', '_')}.${option.parameter}`;
      const value = facts.kernel.parameters[name];
      const isKept = value === undefined ? null : sameValue(value, option.value);
      return {
        id: 'module-option',
        status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
        promise: `${name} is ${option.value}.`,
        fact: value === undefined ? 'The module is not loaded, or does not tell this parameter.' : `It is ${value}.`,
        remedy: isKept === false ? 'Was the initramfs rebuilt for this kernel? Apply the profile again.' : null,
      };
    });

/** Boolean parameters read back as Y and N. */
const sameValue = (value: string, wanted: string): boolean =>
  value === wanted || (value === 'Y' && wanted === '1') || (value === 'N' && wanted === '0');
