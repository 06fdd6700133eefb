import type {HostFacts} from '../host/facts.ts';
import {describeFunction, isDisplay} from '../plan/describe-function.ts';
import type {Plan, PlannedDevice} from '../plan/plan.ts';
import {isVfioDriver} from '../host/vfio-driver.ts';
import type {PromiseResult} from './promise.ts';

export const verifyDevices = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => [
  ...plan.devices.map((device) => verifyDriver(facts, plan, device)),
  ...verifyHostDisplays(facts, plan),
];

const isVariant = ({driver}: PlannedDevice): boolean => driver !== 'vfio-pci';

const verifyDriver = (facts: HostFacts, plan: Plan, device: PlannedDevice): PromiseResult => {
  const found = facts.pci.find((one) => one.address === device.address);
  const base = {id: 'device-driver', promise: `${device.address} (${device.id}) is with ${device.driver}.`} as const;
  if (found === undefined) return {...base, status: 'broken', fact: 'No device is at this address any more.', remedy: 'Was the card moved? Roll back, and plan again with its new address.'};
  if (`${found.vendor}:${found.device}` !== device.id) return {...base, status: 'broken', fact: `Another device is there now: ${describeFunction(found)}.`, remedy: 'Cards were moved. Roll back, and plan again.'};
  if (isVariant(device) && found.driver === 'vfio-pci') return {...base, status: 'broken', fact: 'Its driver is vfio-pci.', remedy: `Has the running kernel the module ${device.driver}? Without it the guest gets the device without what only that driver can.`};
  if (isVfioDriver(found.driver)) return {...base, status: 'kept', fact: `Its driver is ${found.driver}.`, remedy: null};
  if (device.bindBy === 'libvirt') return {...base, status: 'unknown', fact: `Its driver is ${found.driver ?? 'none'}; libvirt takes it when the guest starts.`, remedy: null};
  const softdep = found.driver !== null && plan.binding.softdeps.includes(found.driver.replaceAll('-', '_'));
  return {
    ...base,
    status: 'broken',
    fact: found.driver === null ? 'It has no driver.' : `Its driver is ${found.driver}.`,
    remedy: found.driver === null
      ? `Its driver_override is ${found.driverOverride ?? 'not set'}: the early script ran too late or not at all. Apply the profile again, which rebuilds the initramfs.`
      : `${found.driver} was faster${softdep ? ' although modprobe was told otherwise' : ''}: is the image of the running kernel ${facts.kernel.release ?? ''} the one that was rebuilt?`,
  };
};

/** The other half of the promise: what was not chosen stays with the host, twins of the chosen card above all. */
const verifyHostDisplays = (facts: HostFacts, plan: Plan): readonly PromiseResult[] => {
  const taken = new Set([...plan.devices.map((device) => device.address), ...plan.binding.byAddress]);
  return facts.pci
    .filter((device) => isDisplay(device) && !taken.has(device.address) && device.driver !== null)
    .map((device) => ({
      id: 'host-display',
      status: isVfioDriver(device.driver) ? 'broken' : 'kept',
      promise: `${device.address} stays with the host.`,
      fact: `Its driver is ${device.driver}.`,
      remedy: isVfioDriver(device.driver) ? 'Something else binds it: look for vfio-pci.ids= in /proc/cmdline and for `options vfio-pci` in /etc/modprobe.d.' : null,
    }));
};
