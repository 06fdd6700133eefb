import type {PciFunction} from '../host/facts.ts';
import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction} from './describe-function.ts';

/** Device ids that the module vendor-reset has a reset for (gnif/vendor-reset: src/device-db.h), and so lack a good one. */
const amdFamilies: readonly (readonly [string, RegExp])[] = [
  ['Polaris', /^(?:67(?:c[0124789acf]|d[0f]|e[013789bf]|ff)|6fdf|698[01567]|699[57f])$/],
  ['Vega', /^(?:686[0-47-9a-f]|687f|66a[0-47f]|66af)$/],
  ['Navi', /^(?:731[0289abef]|734[017f]|736[02])$/],
];

/** NVIDIA: gpu-admin-tools, gpu/devid_chips.py. */
const blackwell: readonly (readonly [number, number])[] = [[0x2900, 0x29ff], [0x2b80, 0x2c7f], [0x2d00, 0x2dff], [0x2f00, 0x2f7f]];

/** Cards that are known to stay stuck after the guest has stopped, although the kernel lists a reset for them. */
export const judgeResetFamily = (context: PlanContext, {function: device, path}: ChosenDevice): void => {
  const family = familyOf(device);
  if (family === null) return;
  context.report('warning', 'device-reset-fragile', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is ${family}: such cards are known to stay stuck when the guest stops or restarts, until the host restarts${family === 'NVIDIA Blackwell' ? ' or even loses power' : ''}.`,
    remedy: family === 'NVIDIA Blackwell' ? 'Shut the guest down from inside and never by force; try a stop and a start before you rely on it.' : remedyForAmd(context),
  });
};

const familyOf = (device: PciFunction): string | null => {
  const id = Number.parseInt(device.device, 16);
  if (device.vendor === '10de') return blackwell.some(([first, last]) => id >= first && id <= last) ? 'NVIDIA Blackwell' : null;
  // vendor-reset, once loaded and chosen, is what the kernel calls device_specific.
  if (device.vendor !== '1002' || device.resetMethods?.[0] === 'device_specific') return null;
  const family = amdFamilies.find(([, ids]) => ids.test(device.device))?.[0];
  return family === undefined ? null : `AMD ${family}`;
};

const remedyForAmd = ({facts}: PlanContext): string => {
  const {secureBoot, lockdown} = facts.boot;
  const isLocked = secureBoot === true || (lockdown !== null && lockdown !== 'none');
  return `The module vendor-reset (not part of the kernel) has a reset for it; after it is loaded, device_specific goes into reset_method.${isLocked ? ' Here Secure Boot or lockdown refuses it until you sign it with a key of your own (mokutil).' : ''}`;
};
