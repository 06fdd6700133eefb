import type {HostFacts} from '../../facts/host-facts.ts';
import {type PciAddress, slotOf} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {assignedFunctions, type ChosenDevice} from '../../plan/device/chosen-devices.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {GroupVerdict} from '../../plan/device/judge-group.ts';
import {listWords} from '../../words/list-words.ts';

/** Devices that the hardware does not keep from this one. `isBound`: Xen can give them to one guest only. */
export type Neighbours = {
  readonly functions: readonly PciFunction[];
  readonly isBound: boolean;
  readonly because: string;
};

/**
 * Xen shows dom0 no IOMMU groups and gives out each function alone. What its hardware does not keep apart is judged by
 * the bridges above: behind a conventional bus all devices have one requester id, and a port without ACS lets what is
 * behind it reach its neighbours past the IOMMU.
 */
export const neighboursOf = ({pci}: HostFacts, device: PciFunction): readonly Neighbours[] =>
  device.upstream.flatMap((address): readonly Neighbours[] => {
    const bridge = pci.find((one) => one.address === address);
    if (bridge?.acs === undefined || bridge.acs === null) return [];
    const {port, isIsolating} = bridge.acs;
    if (port === 'PCI bridge')
      return neighbours(
        device,
        behind(pci, [address]),
        true,
        `${address} is a bridge to a conventional PCI bus, where the IOMMU sees all devices as one`,
      );
    if (isIsolating || port === 'upstream port') return [];
    // The ports of one switch have the same port above them; root ports that belong together share a slot.
    const above = bridge.upstream.at(-1);
    const ports = pci
      .filter(
        (one) =>
          one.isBridge &&
          (port === 'downstream port' ? one.upstream.at(-1) === above : slotOf(one.address) === slotOf(address)),
      )
      .map((one) => one.address);
    return neighbours(device, behind(pci, ports), false, `${address} (${port}) has no ACS that is switched on`);
  });

const neighbours = (
  device: PciFunction,
  all: readonly PciFunction[],
  isBound: boolean,
  because: string,
): readonly Neighbours[] => {
  const functions = all.filter((one) => one !== device);
  return functions.length === 0 ? [] : [{functions, isBound, because}];
};

const behind = (pci: readonly PciFunction[], bridges: readonly PciAddress[]): readonly PciFunction[] =>
  pci.filter((one) => !one.isBridge && one.upstream.some((address) => bridges.includes(address)));

/** What is accepted as lost is hidden from dom0 along with the guest's own. */
export const judgeTogether = (context: PlanContext, assigned: readonly ChosenDevice[]): GroupVerdict => {
  const own = assignedFunctions({assigned});
  const found = own.flatMap((device) =>
    neighboursOf(context.facts, device).map((one) => ({
      ...one,
      device,
      functions: one.functions.filter((mate) => !own.includes(mate)),
    })),
  );
  const isAccepted = ({address}: PciFunction): boolean => context.profile.host.acceptGroupMates.includes(address);
  const mates = [...new Set(found.flatMap(({functions}) => functions.filter(isAccepted)))];
  return {
    mates,
    tell: () => {
      const told = new Set<string>();
      for (const {device, functions, isBound, because} of found) {
        const left = functions.filter((mate) => !isAccepted(mate));
        if (left.length === 0 || told.size === told.add(because).size) continue;
        const names = left.slice(0, 4).map(describeFunction).join(', ');
        context.report(isBound ? 'blocker' : 'warning', 'xen-not-isolated', {
          subject: device.address,
          path: assigned.find(({functions: one}) => one.includes(device))?.path ?? 'devices',
          message: isBound
            ? `${device.address} and ${names} can only go to one guest: ${because}.`
            : `The guest could reach ${names} past the IOMMU with ${device.address}: ${because}.`,
          remedy: `${isBound ? '' : 'Give the card only to a guest that you trust; or m'}${isBound ? 'M' : ''}ove it to another slot, add these to \`devices\`, or accept their loss: host.acceptGroupMates: [${left.map(({address}) => address).join(', ')}].`,
        });
      }
      for (const device of own) judgeUnknown(context, device);
    },
  };
};

const judgeUnknown = (context: PlanContext, {address, upstream}: PciFunction): void => {
  const unknown = upstream.filter(
    (bridge) => (context.facts.pci.find((one) => one.address === bridge)?.acs ?? null) === null,
  );
  context.decide(
    'devices',
    address,
    unknown.length > 0
      ? `Xen gives it out alone; whether ${listWords(unknown)} keeps it from its neighbours is unknown (config space not readable)`
      : 'Xen gives it out alone, and knows no IOMMU groups',
  );
};

/** Regions that the firmware wants for this device and for another one too (RMRR): Xen refuses such a device unless told otherwise. */
export const sharesRegion = ({iommu}: HostFacts, address: PciAddress): readonly PciAddress[] => [
  ...new Set(
    (iommu.dmar?.regions ?? [])
      .filter(({devices}) => devices.includes(address) && devices.length > 1)
      .flatMap(({devices}) => devices.filter((one): one is PciAddress => one !== address && one !== '*')),
  ),
];
