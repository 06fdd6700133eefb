import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction, isDisplay} from './describe-function.ts';
import {isHandedOver} from './judge-needs.ts';

/**
 * The boot is drawn into a BAR of this card. vfio-pci sends the framebuffer away by itself when it binds a VGA device:
 * in 6.1 and later it does (vfio_pci_vga_init), in 5.10 it does not; what lies between is not known.
 */
export const judgeFramebuffer = (context: PlanContext, {function: device, path}: ChosenDevice): void => {
  const holders = device.bootFramebuffers ?? [];
  if (!isDisplay(device) || holders.length === 0 || isHandedOver(context, device)) return;
  const {version} = context.facts.kernel;
  const isEvicted = device.class.startsWith('0300') && version !== null && (version.major > 6 || (version.major === 6 && version.minor >= 1));
  context.report(isEvicted ? 'note' : 'warning', 'device-framebuffer', {
    subject: device.address,
    path,
    message: `The boot is drawn on ${describeFunction(device)}: /proc/iomem shows ${holders.join(', ')} in its memory${isEvicted ? ', which vfio-pci sends away when it takes the card' : ', and QEMU can not have a BAR that is held'}.`,
    remedy: `Make another card the primary display in the firmware set-up.${isEvicted ? '' : ` ${remedyFor(holders)}`} \`vfio-pilot verify\` looks again after the reboot.`,
  });
};

/** `video=efifb:off` is an option of efifb alone; the DRM ones (simpledrm, efidrm) have none (kernel: fb_cmdline.c). */
const remedyFor = (holders: readonly string[]): string =>
  holders.every((name) => name === 'efifb')
    ? 'If that can’t be, video=efifb:off on the kernel command line keeps it away.'
    : 'If that can’t be, initcall_blacklist=sysfb_init keeps all of them away (then no console until a driver comes, and not on every kernel: look again afterwards). video=efifb:off does nothing here.';
