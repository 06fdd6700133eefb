import {isVfioDriver} from '../host/vfio-driver.ts';
import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction, isDisplay} from './describe-function.ts';

/** A display driver gives its card up only when nothing holds it; the unbind that libvirt asks for then waits for ever. */
export const judgeUnbinding = (context: PlanContext, {function: device, path}: ChosenDevice): void => {
  if (context.profile.binding !== 'libvirt' || !isDisplay(device) || device.driver === null || isVfioDriver(device.driver)) return;
  const daemon = device.driver === 'nvidia' ? ', nvidia-persistenced' : '';
  context.report('warning', 'device-held-by-driver', {
    subject: device.address,
    path,
    message: `libvirt takes ${describeFunction(device)} from ${device.driver} when the guest starts: a display manager${daemon} or any program that uses it makes that hang, and only a restart of the host helps.`,
    remedy: 'Set binding: address, so that no driver of the host ever has it, or binding: handover, which stops the display manager first and does not wait for ever.',
  });
};
