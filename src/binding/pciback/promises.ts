import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import {isDisplay} from '../../facts/pci.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {Plan} from '../../plan/plan.ts';
import {presentHiding} from './hide-list.ts';
import {listWords} from '../../words/list-words.ts';

export const pcibackPromises = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => [
  ...plan.binding.byAddress.map((address) => hiddenPromise(facts, address)),
  ...hostDisplays(facts, plan),
];

/**
 * In one of four states: with dom0, with dom0 until the next boot, hidden, hidden until the next boot. By the argument of
 * the running kernel and by the driver.
 */
const hiddenPromise = (facts: HostFacts, address: PciAddress): PromiseResult => {
  const {running, lasting, bad} = presentHiding(facts);
  const driver = facts.pci.find((device) => device.address === address)?.driver ?? null;
  const isNamed = running.includes(address);
  const base = {id: 'xen-hidden', promise: `${address} is hidden from dom0.`} as const;
  if (facts.kernel.hypervisor !== 'xen')
    return {
      ...base,
      status: 'broken',
      fact: 'This boot is without Xen.',
      remedy: 'Restart, and choose the entry "with Xen hypervisor"; GRUB_DEFAULT decides which one comes by itself.',
    };
  if (driver === 'pciback') return {...base, status: 'kept', fact: holderOf(facts, address), remedy: null};
  if (!isNamed && lasting.includes(address))
    return {
      ...base,
      status: 'pending',
      fact: 'It is hidden from the next boot on (xen-pciback.hide= of the boot entry).',
      remedy:
        'Restart the host. Was it restarted since? Then another entry of the menu was started: Safe Mode, or a fallback.',
    };
  if (!isNamed)
    return {
      ...base,
      status: 'broken',
      fact: `The kernel was started without it in xen-pciback.hide=${driver === null ? '' : `, and its driver is ${driver}`}.`,
      remedy:
        'Was another entry of the menu started, an older kernel or a fallback? Compare /proc/cmdline with grub.cfg.',
    };
  return {
    ...base,
    status: 'broken',
    fact: `It is in xen-pciback.hide=, and ${driver === null ? 'no driver has it' : `its driver is ${driver}`}.`,
    remedy:
      bad.length > 0
        ? `The list has ${listWords(bad)}, which the driver does not understand, so that it takes nothing at all. Apply again.`
        : driver === null
          ? 'xen-pciback is not loaded: was the initramfs of the running kernel rebuilt? The console says so where the card has moved.'
          : `${driver} was faster: xen-pciback was loaded too late. Is the image of the running kernel ${facts.kernel.release ?? ''} the one that was rebuilt?`,
  };
};

const holderOf = ({virtualisation}: HostFacts, address: PciAddress): string => {
  if (virtualisation.kind !== 'xen' || virtualisation.assignable === null) return 'Its driver is pciback.';
  return virtualisation.assignable.includes(address)
    ? 'Its driver is pciback, and xl lists it as free for a guest.'
    : 'Its driver is pciback, and a guest has it now, or it waits in quarantine.';
};

/** The other half of the promise: twins of the chosen card above all. */
const hostDisplays = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const taken = new Set([...plan.devices.map(({address}) => address), ...plan.binding.byAddress]);
  return facts.pci
    .filter((device) => isDisplay(device) && !taken.has(device.address) && device.driver !== null)
    .map(({address, driver}) => ({
      id: 'host-display',
      status: driver === 'pciback' ? 'broken' : 'kept',
      promise: `${address} stays with the host.`,
      fact: `Its driver is ${driver}.`,
      remedy: driver === 'pciback' ? 'Something else hides it: look for xen-pciback.hide= in /proc/cmdline.' : null,
    }));
};
