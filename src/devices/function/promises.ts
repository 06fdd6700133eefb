import type {HostFacts} from '../../facts/host-facts.ts';
import {isVfioDriver} from '../../facts/modules.ts';
import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {Plan, PlannedDevice} from '../../plan/plan.ts';
import {otherHandsOn} from '../other-hands.ts';

export const functionPromises = (facts: HostFacts, plan: Plan, device: PlannedDevice): readonly PromiseResult[] => {
  const found = facts.pci.find(({address}) => address === device.address);
  return [
    verifyDriver(facts, plan, device),
    ...(found === undefined ? [] : [...framebufferPromise(found), ...powerPromise(plan, found)]),
  ];
};

/** QEMU gets no BAR that the boot framebuffer still holds ("BAR 1: can't reserve"); only /proc/iomem tells, no argument does. */
const framebufferPromise = (card: PciFunction): readonly PromiseResult[] => {
  if (!isDisplay(card) || card.bars.length === 0) return [];

  const holders = card.bootFramebuffers ?? null;
  const isFree = holders?.length === 0;
  return [
    {
      id: 'device-framebuffer',
      status: holders === null ? 'unknown' : isFree ? 'kept' : 'broken',
      promise: `No boot framebuffer holds memory of ${card.address}.`,
      fact:
        holders === null
          ? '/proc/iomem does not tell addresses here.'
          : isFree
            ? 'None does in /proc/iomem.'
            : `${holders.join(', ')} does in /proc/iomem.`,
      remedy:
        holders === null || isFree
          ? null
          : "Make another card the primary display in the firmware set-up ('Primary Display', 'Initial Display Output'): then the boot is not drawn here.",
    },
  ];
};

/** vfio-pci lets an idle card fall asleep, and some never wake: only where that was to be kept from happening is it a fault. */
const powerPromise = (plan: Plan, {address, powerState}: PciFunction): readonly PromiseResult[] => {
  if (powerState === null) return [];
  const staysAwake = [...plan.binding.moduleOptions, ...plan.binding.builtInOptions].some(
    ({parameter}) => parameter === 'disable_idle_d3',
  );
  const isCold = powerState === 'D3cold';
  return [
    {
      id: 'device-power',
      status: !isCold ? 'kept' : staysAwake ? 'broken' : 'unknown',
      promise: `${address} is not powered off.`,
      fact: `Its power state is ${powerState}${isCold && !staysAwake ? ', which is well if the guest can wake it' : ''}.`,
      remedy: !isCold
        ? null
        : staysAwake
          ? 'Something below it switches the power off: look at d3cold_allowed of its bridges, and restart the host to wake it.'
          : 'If the guest does not start or shows nothing, set host.disableIdleD3: yes and apply again.',
    },
  ];
};

const verifyDriver = (facts: HostFacts, plan: Plan, device: PlannedDevice): PromiseResult => {
  const found = facts.pci.find((one) => one.address === device.address);
  const base = {id: 'device-driver', promise: `${device.address} (${device.id}) is with ${device.driver}.`} as const;
  if (found === undefined)
    return {
      ...base,
      status: 'broken',
      fact: 'No device is at this address any more.',
      remedy: 'Was the card moved? Roll back, and plan again with its new address.',
    };
  if (`${found.vendor}:${found.device}` !== device.id)
    return {
      ...base,
      status: 'broken',
      fact: `Another device is there now: ${describeFunction(found)}.`,
      remedy: 'Cards were moved. Roll back, and plan again.',
    };
  if (device.driver !== 'vfio-pci' && found.driver === 'vfio-pci')
    return {
      ...base,
      status: 'broken',
      fact: 'Its driver is vfio-pci.',
      remedy: `Has the running kernel the module ${device.driver}? Without it the guest gets the device without what only that driver can.`,
    };
  if (found.driver === device.driver || isVfioDriver(found.driver))
    return {...base, status: 'kept', fact: `Its driver is ${found.driver}.`, remedy: null};
  if (plan.binding.by === 'libvirt')
    return {
      ...base,
      status: 'unknown',
      fact: `Its driver is ${found.driver ?? 'none'}; it is taken when the guest starts.`,
      remedy: null,
    };
  const [hand] = otherHandsOn(facts.files, found.address).filter(({agrees}) => !agrees);
  const softdep = found.driver !== null && plan.binding.softdeps.includes(found.driver.replaceAll('-', '_'));
  return {
    ...base,
    status: 'broken',
    fact: found.driver === null ? 'It has no driver.' : `Its driver is ${found.driver}.`,
    remedy:
      hand !== undefined
        ? `${hand.fact} Undo that: ${hand.undo}; then reboot.`
        : found.driver === null
          ? `Its driver_override is ${found.driverOverride ?? 'not set'}: the early script ran too late or not at all. Apply the profile again, which rebuilds the initramfs.`
          : `${found.driver} took the card before ${device.driver ?? 'vfio-pci'}${softdep ? ', although modprobe has other orders' : ''}. ${plan.initramfs === null ? 'Was the system started by another entry of the menu?' : `Was the initramfs of the running kernel ${facts.kernel.release ?? ''} rebuilt?`}`,
  };
};
