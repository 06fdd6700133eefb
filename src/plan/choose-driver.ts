import type {PciFunction} from '../host/facts.ts';
import {isAtLeast} from '../host/versions.ts';
import {servedInitramfs} from '../served-systems.ts';
import type {BindBy} from './choose-bind-by.ts';
import type {PlanContext} from './context.ts';
import {describeFunction} from './describe-function.ts';

/**
 * The driver that holds a function for the guest: the variant of vfio-pci that the kernel's own `vfio_pci:` aliases name
 * for it, otherwise vfio-pci. A variant knows its device better (migration, memory of its own) and takes no other.
 */
export const chooseDriver = (context: PlanContext, device: PciFunction, bindBy: BindBy): string => {
  const variant = device.vfioVariant;
  if (variant === null) return 'vfio-pci';
  if (bindBy === 'ids') return refuse(context, device, variant, 'vfio-pci.ids= gives it to vfio-pci itself', 'Set binding: address.');
  const libvirt = context.facts.libvirt.version;
  const isLeftToLibvirt = bindBy === 'libvirt' || isBoundByRule(context);
  if (isLeftToLibvirt && !isAtLeast(libvirt, '10.0.0')) {
    return refuse(context, device, variant, `libvirt looks for variants since 10.0.0${libvirt === null ? '' : `, and this is ${libvirt}`}`, bindBy === 'libvirt' ? 'Set binding: address, or upgrade libvirt.' : 'Upgrade libvirt.');
  }
  if (isLeftToLibvirt && bindBy === 'address') {
    context.decide('devices', `${device.address} with vfio-pci until the guest starts`, `a udev rule binds it here, which can't look what the driver of ${variant} is called; libvirt takes that one by itself`);
    return 'vfio-pci';
  }
  context.decide('devices', `${device.address} with ${variant}`, `modules.alias names it for this device (vfio_pci: aliases)${bindBy === 'libvirt' ? ', and libvirt chooses it by itself' : '; a kernel without it takes vfio-pci'}`);
  return variant;
};

/** Where no script of ours can stand in the image. */
const isBoundByRule = ({facts: {boot}}: PlanContext): boolean => ['booster', 'rpm-ostree'].includes(servedInitramfs(boot, boot.initramfs) ?? '');

const refuse = (context: PlanContext, device: PciFunction, variant: string, because: string, remedy: string): 'vfio-pci' => {
  context.report('warning', 'vfio-variant-unused', {
    subject: device.address,
    message: `The kernel has ${variant} for ${describeFunction(device)}, but it is bound to vfio-pci: ${because}.`,
    remedy,
  });
  return 'vfio-pci';
};
