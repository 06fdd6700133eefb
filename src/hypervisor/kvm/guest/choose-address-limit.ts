import {libvirtOf} from '../../../facts/virtualisation.ts';
import {isAtLeast} from '../../../facts/versions.ts';
import type {PlanContext} from '../../../plan/context.ts';

/**
 * Firmware and guest systems put large BARs near the top of what the CPU can address. What is above the width of the
 * IOMMU can't be mapped for the card: "vfio_container_dma_map failed: Invalid argument", and the guest does not start.
 */
export const chooseAddressLimit = (context: PlanContext): number | null => {
  const {iommu, cpu} = context.facts;
  const {version} = libvirtOf(context.facts);
  const bits = iommu.addressBits;
  if (bits === null || cpu.physicalBits === null || bits >= cpu.physicalBits) return null;
  const why = `the IOMMU translates ${bits} bits (intel-iommu/cap), and the CPU has ${cpu.physicalBits}`;
  if (isAtLeast(version, '8.7.0')) {
    context.decide('guest.cpu', `guest addresses of at most ${bits} bits`, why);
    return bits;
  }
  if (version !== null)
    context.report('warning', 'guest-address-width', {
      subject: 'guest.name',
      message: `The guest may place the card where the IOMMU can't reach it: ${why}. libvirt ${version} can't limit that.`,
      remedy: 'Use libvirt 9.3 or newer.',
    });
  return null;
};
