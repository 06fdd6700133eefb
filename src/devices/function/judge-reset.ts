import {refusesUnsigned, trustOf} from '../../facts/module-trust.ts';
import {slotOf} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {ChosenFunction} from './chosen-function.ts';

/** A function alone in its slot needs a reset of its own; a whole card is reset through its bus (vfio hot reset). */
export const judgeReset = (
  context: PlanContext,
  {function: device, path}: ChosenFunction,
  all: readonly PciFunction[],
): void => {
  if (device.resetMethods === null || device.resetMethods.length > 0) return;
  const mates = context.facts.pci.filter((other) => slotOf(other.address) === slotOf(device.address));
  if (
    mates.length > 1 &&
    mates.every((mate) => all.some(({address}) => address === mate.address)) &&
    device.upstream.length > 0
  )
    return;
  context.report('warning', 'device-no-reset', {
    subject: device.address,
    path,
    message: `The kernel knows no way to reset ${describeFunction(device)}: after the guest stops it may stay stuck until the host reboots.`,
    remedy: 'Expect one guest start per host boot, or use a card with reset_method flr or bus.',
  });
};

/** Device ids that the module vendor-reset has a reset for (gnif/vendor-reset: src/device-db.h), and so lack a good one. */
const amdFamilies: readonly (readonly [string, RegExp])[] = [
  ['Polaris', /^(?:67(?:c[0124789acf]|d[0f]|e[013789bf]|ff)|6fdf|698[01567]|699[57f])$/],
  ['Vega', /^(?:686[0-47-9a-f]|687f|66a[0-47f]|66af)$/],
  ['Navi', /^(?:731[0289abef]|734[017f]|736[02])$/],
];

/** NVIDIA: gpu-admin-tools, gpu/devid_chips.py. */
const blackwell: readonly (readonly [number, number])[] = [
  [0x2900, 0x29ff],
  [0x2b80, 0x2c7f],
  [0x2d00, 0x2dff],
  [0x2f00, 0x2f7f],
];

/** Cards that are known to stay stuck after the guest has stopped, although the kernel lists a reset for them. */
export const judgeResetFamily = (context: PlanContext, {function: device, path}: ChosenFunction): void => {
  const family = familyOf(device);
  if (family === null) return;
  context.report('warning', 'device-reset-fragile', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is ${family}: such cards are known to stay stuck when the guest stops or restarts, until the host restarts${family === 'NVIDIA Blackwell' ? ' or even loses power' : ''}.`,
    remedy:
      family === 'NVIDIA Blackwell'
        ? 'Shut the guest down from inside and never by force; try a stop and a start before you rely on it.'
        : remedyForAmd(context, device.address),
  });
};

const familyOf = (device: PciFunction): string | null => {
  const id = Number.parseInt(device.device, 16);
  if (device.vendor === '10de')
    return blackwell.some(([first, last]) => id >= first && id <= last) ? 'NVIDIA Blackwell' : null;
  // vendor-reset, once loaded and chosen, is what the kernel calls device_specific.
  if (device.vendor !== '1002' || device.resetMethods?.[0] === 'device_specific') return null;
  const family = amdFamilies.find(([, ids]) => ids.test(device.device))?.[0];
  return family === undefined ? null : `AMD ${family}`;
};

const remedyForAmd = ({facts}: PlanContext, address: string): string => {
  const installed = facts.signing.modules.filter(({name}) => name === 'vendor_reset');
  const isAccepted = installed.length > 0 && installed.every((module) => trustOf(facts, module) === 'trusted');
  return `The module vendor-reset (gnif/vendor-reset on GitHub, not part of the kernel) has a reset for it. Once it is loaded, at each boot and as root: \`echo device_specific > /sys/bus/pci/devices/${address}/reset_method\`.${refusesUnsigned(facts) && !isAccepted ? ' Here Secure Boot or lockdown refuses it until you sign it with a key of your own (mokutil).' : ''}`;
};
