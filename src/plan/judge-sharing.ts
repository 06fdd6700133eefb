import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction} from './describe-function.ts';

/** SR-IOV and mediated devices: what makes parts of itself can't be given away whole, and a part is not there early. */
export const judgeSharing = (context: PlanContext, chosen: ChosenDevice): void => {
  judgeParts(context, chosen);
  judgePart(context, chosen);
};

const judgeParts = (context: PlanContext, {function: device, path}: ChosenDevice): void => {
  const parts = context.facts.pci.filter((other) => other.physicalFunction === device.address).map(({address}) => address);
  if (parts.length === 0 && !device.hasMdevTypes) return;
  context.report(parts.length > 0 ? 'blocker' : 'warning', 'device-shared-in-parts', {
    subject: device.address,
    path,
    message: parts.length > 0
      ? `${describeFunction(device)} is split into virtual functions (${parts.slice(0, 4).join(', ')}${parts.length > 4 ? ' …' : ''}): with vfio-pci at boot its driver can't make them, and their users lose them.`
      : `The driver of ${describeFunction(device)} offers mediated devices; with vfio-pci at boot there are none.`,
    remedy: parts.length > 0 ? 'Give one of its virtual functions to the guest, or write 0 to its sriov_numvfs and take out what sets it at boot.' : 'Nothing to do if no guest uses them.',
  });
};

/** The driver of the physical function makes it, long after the initramfs; where that is not set up, it is gone after a reboot. */
const judgePart = (context: PlanContext, {function: device, path}: ChosenDevice): void => {
  if (device.physicalFunction === null) return;
  const isLate = context.profile.binding === 'libvirt';
  context.report(isLate ? 'warning' : 'blocker', 'device-is-virtual', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is a virtual function of ${device.physicalFunction}: it is there only after the driver of that one has made it${isLate ? '' : ', so nothing can bind it in the initramfs'}.`,
    remedy: `${isLate ? '' : 'Set binding: libvirt. '}See to it that sriov_numvfs of ${device.physicalFunction} is set at each boot, before the guest starts; this program does not set it.`,
  });
};
