import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {BindBy} from '../../plan/plan.ts';

/**
 * The driver that holds a function for the guest: the variant of vfio-pci that the kernel's own `vfio_pci:` aliases name
 * for it, otherwise vfio-pci. A variant knows its device better (migration, memory of its own) and takes no other.
 */
export const chooseDriver = (context: PlanContext, device: PciFunction, bindBy: BindBy): string => {
  const variant = device.vfioVariant;
  if (variant === null) return 'vfio-pci';
  if (bindBy === 'ids')
    return refuse(context, device, variant, 'vfio-pci.ids= gives it to vfio-pci itself', 'Set binding: address.');
  const {whyNoVariants, variantsLost} = context.can;
  const isLeftToLibvirt = bindBy === 'libvirt' || isBoundByRule(context);
  if (isLeftToLibvirt && whyNoVariants !== null) {
    return refuse(
      context,
      device,
      variant,
      whyNoVariants,
      bindBy === 'libvirt' ? 'Set binding: address.' : `Nothing to do, unless a newer ${context.can.starter} takes it.`,
    );
  }
  if (!isLeftToLibvirt && variantsLost !== null)
    return refuse(context, device, variant, variantsLost.because, variantsLost.remedy);
  if (isLeftToLibvirt && bindBy === 'address') {
    context.decide(
      'devices',
      `${device.address} with vfio-pci until the guest starts`,
      `a udev rule binds it here, which can't look what the driver of ${variant} is called; ${context.can.starter} takes that one on its own`,
    );
    return 'vfio-pci';
  }
  context.decide(
    'devices',
    `${device.address} with ${variant}`,
    `modules.alias names it for this device (vfio_pci: aliases)${bindBy === 'libvirt' ? `, and ${context.can.starter} chooses it on its own` : '; a kernel without it takes vfio-pci'}`,
  );
  return variant;
};

/** Where no script of our own can stand in the image. */
const isBoundByRule = ({facts: {boot}}: PlanContext): boolean => boot.support.claim === 'rule';

const refuse = (
  context: PlanContext,
  device: PciFunction,
  variant: string,
  because: string,
  remedy: string,
): 'vfio-pci' => {
  context.report('warning', 'vfio-variant-unused', {
    subject: device.address,
    message: `The kernel has ${variant} for ${describeFunction(device)}, but it is bound to vfio-pci: ${because}.`,
    remedy,
  });
  return 'vfio-pci';
};
