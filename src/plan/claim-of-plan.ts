import type {
  ClaimedFunction,
  ClaimedMediatedDevice,
  ClaimedVirtualFunction,
  GuestClaim,
} from '../facts/guest-claims.ts';
import type {PciFunction} from '../facts/pci.ts';
import type {Plan} from './plan.ts';

/** What the guest of this plan takes from the host; not what the plan keeps for other guests. */
export const claimOf = (plan: Plan, pci: readonly PciFunction[]): GuestClaim => {
  const {hugepages} = plan.memory;
  const {moduleOptions, builtInOptions} = plan.binding;
  return {
    guest: plan.guest.name,
    profile: plan.profile,
    functions: [...plan.devices.flatMap(assigned), ...groupMates(plan, pci)],
    virtualFunctions: plan.devices.flatMap(virtualFunction),
    pooledFunctions: plan.devices.flatMap(({assigned: device}) =>
      device.type === 'pooled-function' ? [{of: device.of, count: device.count}] : [],
    ),
    mediatedDevices: plan.devices.flatMap(mediatedDevice),
    usbDevices: plan.devices.flatMap(({assigned: device}) =>
      device.type === 'usb' ? [{id: device.id, port: device.port}] : [],
    ),
    kvmfr: kvmfrDevice(plan),
    moduleOptions: [
      ...new Map(
        [...moduleOptions, ...builtInOptions].map((option) => [`${option.module}.${option.parameter}`, option]),
      ),
    ].flatMap(([, {module, parameter, value, isKept}]) => (isKept === true ? [] : [{module, parameter, value}])),
    hugepages:
      hugepages === null
        ? null
        : {
            sizeKiB: hugepages.sizeKiB,
            perNode: hugepages.perNode,
            takenAt: hugepages.method === 'hook' ? 'start' : 'boot',
          },
    isolation: {method: plan.isolation.method, cpus: plan.isolation.cpus},
    kernelArguments: plan.kernelArguments.add.map(({text}) => text),
  };
};

/** Only whole functions are taken from the host; a device of another kind leaves its parent there. */
const assigned = ({address, id, driver, bindBy}: Plan['devices'][number]): readonly ClaimedFunction[] =>
  address === null || driver === null || bindBy === null ? [] : [{address, id, driver, bindBy, isAssigned: true}];

const virtualFunction = ({assigned: device, id}: Plan['devices'][number]): readonly ClaimedVirtualFunction[] =>
  device.type === 'virtual-function'
    ? [{of: device.of, index: device.index, count: device.count, id, address: device.address, vgpu: device.vgpu}]
    : [];

const mediatedDevice = ({assigned: device}: Plan['devices'][number]): readonly ClaimedMediatedDevice[] =>
  device.type === 'mediated-device'
    ? [{uuid: device.uuid, parent: device.parent, type: device.mdevType, vramMiB: device.vramMiB}]
    : [];

/** Only guests of libvirt have one. */
const kvmfrDevice = ({guest}: Plan): GuestClaim['kvmfr'] => {
  const lookingGlass = 'lookingGlass' in guest ? guest.lookingGlass : null;
  if (lookingGlass === null || lookingGlass.kvmfrDevice === null) return null;
  const {kvmfrDevice: device, sizeMiB, user} = lookingGlass;
  return {device, sizeMiB, user};
};

/** Bound at boot without being given to the guest. Another guest's functions are never in a group of this one's. */
const groupMates = ({devices, binding}: Plan, pci: readonly PciFunction[]): readonly ClaimedFunction[] =>
  pci
    .filter(
      ({address, iommuGroup}) =>
        binding.byAddress.includes(address) &&
        devices.every((device) => device.address !== address) &&
        devices.some((device) => device.iommuGroup !== null && device.iommuGroup === iommuGroup),
    )
    .map(({address, vendor, device}) => ({
      address,
      id: `${vendor}:${device}`,
      driver: binding.kind === 'vfio' ? 'vfio-pci' : binding.kind,
      bindBy: 'address',
      isAssigned: false,
    }));
