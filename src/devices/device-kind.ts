import type {Ports} from '../artifacts/ports.ts';
import type {Rendered} from '../artifacts/rendered.ts';
import type {FileTable} from '../facts/file-table.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PciFunction} from '../facts/pci.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {PlanContext} from '../plan/context.ts';
import type {ChosenDevice} from '../plan/device/chosen-devices.ts';
import type {Plan, PlannedDevice} from '../plan/plan.ts';
import type {DeviceFormat} from '../profile/device-format.ts';
import type {ProfileDevice} from '../profile/profile.ts';

/** Something on this host that a person may give to a guest, as the wizard lists it. */
export type Candidate = {
  readonly kind: string;
  /** As `DeviceFormat.identity` says it of each device that `propose` makes. */
  readonly identities: readonly string[];
  /** PCI functions that the host would give up whole. */
  readonly functions: readonly PciFunction[];
  /** Where it is a part of a card that stays with the host; `null` for whole functions. */
  readonly part: CandidatePart | null;
  readonly isDisplay: boolean;
};

export type CandidatePart = {
  /** The card; `null` where what makes the part is no PCI function. */
  readonly of: PciFunction | null;
  /** What makes it, as the kernel calls it: `0000:04:00.0`, `mtty`. */
  readonly parent: string;
  /** Of `parent`, which keeps it. */
  readonly driver: string | null;
  /** `part of the card`: what it is, in sentences. */
  readonly noun: string;
  /** What it means for the guest and the host: sentences. */
  readonly meaning: string;
  /** `virtual function 2`, with a small letter, as it comes after the name of the card. */
  readonly name: string;
  /** `10 of 63 are there now`: a short phrase. */
  readonly remark: string;
  /** The part itself where it is a PCI function already, and not only from the next boot on. */
  readonly present: PciFunction | null;
  /** `own`: it has no IOMMU group that other devices could be in. */
  readonly group: 'own' | 'after-boot';
  /** Video memory of the card that parts have now, and that is left for more of this one; `null` where that is unknown. */
  readonly room: {readonly usedMiB: number; readonly freeMiB: number} | null;
};

/** What is true of every part of a card. */
export const partOfCard = {
  noun: 'part of the card',
  meaning:
    'This part of the card is for the guest alone. The card stays with the host, and other guests can have other parts of it. All guest memory stays pinned in RAM.',
} as const;

/** What a person calls a device on the command line, understood by its kind. */
export type Named =
  | {readonly ok: true; readonly identity: string}
  | {readonly ok: false; readonly problem: string; readonly remedy: string};

/**
 * One kind of device that goes to a guest: a whole PCI function, and what else a host can give away. A kind is a folder
 * of `devices/` and a line in its table; the pipeline asks this face and knows no kind by its name.
 */
export type DeviceKind = DeviceFormat & {
  /** Files that it reads or writes, apart from those of the binding. */
  readonly files: FileTable;
  /** The device of this kind that the words mean; `null` where they are none of its names. */
  readonly understand: (facts: HostFacts, words: string) => Named | null;
  /**
   * The device of the profile on this host; `null`, and a finding that says why, where it is not there or not the same.
   * Ids and the place must both hold; nothing is guessed.
   */
  readonly match: (context: PlanContext, device: ProfileDevice, path: string) => ChosenDevice | null;
  /** Devices that have to go along with the named ones; each is shown as a decision. */
  readonly complete: (context: PlanContext, named: readonly ChosenDevice[]) => readonly ChosenDevice[];
  /** What must be on the host before its hypervisor starts guests: units, definitions. Files that are ours and needed no more are removed. */
  readonly prepare: (facts: HostFacts, plan: Plan) => Rendered;
  /** What the plan promised of one device, read back after the boot. */
  readonly promises: (facts: HostFacts, plan: Plan, device: PlannedDevice) => readonly PromiseResult[];
  /** What of this kind the host could give away, the best first. */
  readonly candidates: (facts: HostFacts) => readonly Candidate[];
  /** Devices of a profile for what the user named, with all that belongs to it; empty where nothing of this kind has such a name. */
  readonly propose: (facts: HostFacts, identities: readonly string[]) => readonly ProfileDevice[];
  /** Why files that it wrote on the host must not go just now. */
  readonly whyInUse: Ports['whyInUse'];
  /** Reads back what its commands bring about, by kind of effect. */
  readonly probes: Ports['probes'];
};
