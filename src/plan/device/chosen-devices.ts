import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../context.ts';
import type {BindBy, PlannedDevice} from '../plan.ts';

/** A device of the profile as it was found on this host. What only its kind knows is behind the two functions. */
export type ChosenDevice = {
  readonly kind: string;
  /** Profile path, for positions in messages. */
  readonly path: string;
  /** How a person knows it: `0000:06:00.0`. */
  readonly name: string;
  /** PCI functions that the host gives up whole for it; none where the guest gets a part and the host keeps its driver. */
  readonly functions: readonly PciFunction[];
  /** PCI functions that the guest's definition has for it: those above, and one that the host makes for it. */
  readonly hostdevs: readonly PciAddress[];
  /** Whether the guest shows a picture on it. */
  readonly isDisplay: boolean;
  readonly numaNode: number | null;
  /** Reports everything that speaks against giving it away; `taken` is all that the host gives up. */
  readonly judge: (context: PlanContext, all: readonly ChosenDevice[], taken: readonly PciAddress[]) => void;
  /** What the plan holds of it, and with it the journal. */
  readonly plan: (context: PlanContext, by: BindBy, drivers: DriverOf) => PlannedDevice;
};

/** The driver that holds a function for the guest. */
export type DriverOf = (device: PciFunction) => string;

export type ChosenDevices = {
  /** Given to the guest. */
  readonly assigned: readonly ChosenDevice[];
  /** In the group, accepted by the user as lost to the host, bound with the others and given to nobody. */
  readonly groupMates: readonly PciFunction[];
};

/** Functions that go to the guest, in the order of the profile. */
export const assignedFunctions = ({assigned}: Pick<ChosenDevices, 'assigned'>): readonly PciFunction[] =>
  assigned.flatMap(({functions}) => functions);

/** Functions that the host gives up, whoever gets them. */
export const lostFunctions = (chosen: ChosenDevices): readonly PciFunction[] => [
  ...assignedFunctions(chosen),
  ...chosen.groupMates,
];
