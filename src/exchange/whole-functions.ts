import {UsageError} from '../errors.ts';
import type {PciAddress, PciId} from '../facts/pci-address.ts';
import type {Plan} from '../plan/plan.ts';

export type WholeFunction = {readonly address: PciAddress; readonly id: PciId};

/** Devices of a guest, for a program that gives away whole PCI functions only. Throws a UsageError for any other device. */
export const wholeFunctions = ({devices}: Plan, format: string): readonly WholeFunction[] =>
  devices.map(({kind, assigned, id}) => {
    if (assigned.type !== 'pci' || id === null)
      throw new UsageError(
        `${format} gets whole PCI functions only, and the plan has a device of another kind (${kind}).`,
        'Take that device out of the profile, or apply the profile on the host itself.',
      );
    return {address: assigned.address, id};
  });

/**
 * For what sets up a host but not its libvirt: the functions are to be with vfio-pci from boot on. Throws a UsageError
 * for a plan that leaves them to libvirt, or lends them.
 */
export const refuseLaterBinding = ({devices, binding, handover, hypervisorArguments}: Plan, format: string): void => {
  if (devices.length === 0)
    throw new UsageError(
      `The profile gives the guest no device, and ${format} only takes devices.`,
      'Add one to devices of the profile; `vfio-pilot groups` lists them.',
    );
  if (handover !== null || binding.by === 'libvirt')
    throw new UsageError(
      `The plan leaves the device to the host until the guest starts, which ${format} can't express.`,
      'Set binding: address in the profile.',
    );
  refuseOtherHypervisor({hypervisorArguments}, format);
};

export const refuseOtherHypervisor = (
  {hypervisorArguments}: Pick<Plan, 'hypervisorArguments'>,
  format: string,
): void => {
  if (hypervisorArguments !== null)
    throw new UsageError(
      `The plan is for a hypervisor below this kernel, which ${format} can't express.`,
      'Export from the facts of a host that runs KVM.',
    );
};
