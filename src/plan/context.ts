import type {HostFacts} from '../facts/host-facts.ts';
import type {FindingCode} from '../findings/codes.ts';
import type {Finding, Position, Severity} from '../findings/finding.ts';
import type {Profile} from '../profile/profile.ts';
import type {PciAddress} from '../facts/pci-address.ts';
import type {PciFunction} from '../facts/pci.ts';
import {type DefinedGuest, isCalled, type OtherGuest, otherGuests} from './other-guest.ts';
import type {Decision} from './plan.ts';

/** What the hypervisor of this host can, as far as decisions depend on it. */
export type Abilities = {
  /** Who starts guests here, for sentences: `libvirt`. */
  readonly starter: string;
  /** The driver that keeps a device for its guest, for sentences: `vfio-pci`. */
  readonly keeper: string;
  /** IOMMU groups are read and decide what goes together. */
  readonly groups: boolean;
  readonly hugepages: boolean;
  /** A guest on several nodes can be shown nodes of its own; otherwise it stays on one. */
  readonly cells: boolean;
  /** Memory comes from the nodes of the CPUs that the vCPUs are pinned to, and a definition can't say another. */
  readonly memoryFollowsPins: boolean;
  /** It takes huge pages itself when a guest starts, and gives them back after it; none are set aside at boot. */
  readonly takesPages: boolean;
  readonly ioThreads: boolean;
  readonly emulatorPins: boolean;
  /** Each vCPU can have a host CPU of its own; otherwise all of them share their cores. */
  readonly vcpuPins: boolean;
  /** Where QEMU can read option ROMs, and how bad another place is. `because` is followed by the directories. */
  readonly roms: {
    readonly below: readonly string[];
    readonly because: string;
    readonly severity: 'blocker' | 'warning';
  };
  /** Its definitions can name a USB port, so that no hook has to plug anything in. */
  readonly namesUsbPorts: boolean;
  /** A USB device that is plugged in after the guest's start, or again, goes to the guest. */
  readonly replugsUsb: boolean;
  /** It makes mediated devices itself when a guest starts, and takes them away when it ends. */
  readonly makesMediated: boolean;
  /** It gives a guest whichever virtual function of a network card is free. */
  readonly poolsFunctions: boolean;
  /** Why neither cgroups nor arguments of this kernel keep the host off the guest's CPUs; `null`: they do. */
  readonly whyNoIsolation: string | null;
  /** Why no command of our own can run when a guest starts and ends; `null`: it can. */
  readonly whyNoHooks: string | null;
  /** Why a guest's start would not find a variant of vfio-pci; `null`: it does. */
  readonly whyNoVariants: string | null;
  /** Why it would put vfio-pci in the place of a variant that is bound since boot, with what to do; `null`: it does not. */
  readonly variantsLost: {readonly because: string; readonly remedy: string} | null;
};

/** What every decision gets: the facts, the wish, and two lists to add to. */
export type PlanContext = {
  readonly facts: HostFacts;
  readonly profile: Profile;
  readonly can: Abilities;
  /** PCI functions that the profile names and this host has. */
  readonly named: readonly PciFunction[];
  /** The guest of the profile as the hypervisor knows it; `null` for a new one. */
  readonly existing: DefinedGuest | null;
  /** The other guests of this host, and what they take from it. */
  readonly others: readonly OtherGuest[];
  /** A finding about a profile path (`cpu.pins`) or about a host address that the profile names at `path`. */
  readonly report: (severity: Severity, code: FindingCode, finding: ReportedFinding) => void;
  readonly decide: (subject: string, choice: string, because: string) => void;
};

export type ReportedFinding = {
  readonly subject: string;
  /** Profile path whose position the message points to; the subject itself when left out. */
  readonly path?: string;
  readonly message: string;
  readonly remedy: string;
};

export type PositionOf = (path: string) => Position | null;

/** What the ports say before the first decision. */
export type ContextStart = {
  readonly facts: HostFacts;
  readonly profile: Profile;
  readonly positionOf: PositionOf;
  readonly can: Abilities;
  /** All that the hypervisor knows. */
  readonly guests: readonly DefinedGuest[];
  /** That the profile names. */
  readonly addresses: readonly PciAddress[];
};

export const startContext = ({
  facts,
  profile,
  positionOf,
  can,
  guests,
  addresses,
}: ContextStart): {context: PlanContext; findings: Finding[]; decisions: Decision[]} => {
  const findings: Finding[] = [];
  const decisions: Decision[] = [];
  const context: PlanContext = {
    facts,
    profile,
    can,
    named: facts.pci.filter(({address}) => addresses.includes(address)),
    existing: guests.find((guest) => isCalled(guest, profile.guest.name)) ?? null,
    others: otherGuests(facts, guests, {name: profile.guest.name, addresses}),
    report: (severity, code, {subject, path, message, remedy}) => {
      const at = positionOf(path ?? subject);
      findings.push({code, severity, subject, ...(at === null ? {} : {at}), message, remedy});
    },
    decide: (subject, choice, because) => decisions.push({subject, choice, because}),
  };
  return {context, findings, decisions};
};

/** To know early what is chosen, with its reasons, later in the order of the wizard. */
export const silently = (context: PlanContext): PlanContext => ({
  ...context,
  report: () => undefined,
  decide: () => undefined,
});
