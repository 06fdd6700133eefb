import type {Finding} from '../findings/finding.ts';
import type {BootFacts} from './boot.ts';
import type {ConfinementFacts} from './confinement.ts';
import type {CpuFacts} from './cpu.ts';
import type {FileFacts} from './files.ts';
import type {GuestFacts} from './guest-claims.ts';
import type {HostInput} from './inputs.ts';
import type {IommuFacts} from './iommu.ts';
import type {IsolationFacts, KernelFacts} from './kernel.ts';
import type {MediatedFacts} from './mediated.ts';
import type {MemoryFacts, NumaNode} from './memory.ts';
import type {NamedFile} from './named-file.ts';
import type {HostDisk, HostNeed} from './needs.ts';
import type {PackageManager} from './packages.ts';
import type {PciFunction, RomFile} from './pci.ts';
import type {SigningFacts} from './signing.ts';
import type {SharedMemory} from './shared-memory.ts';
import type {UsbDevice} from './usb.ts';
import type {VirtualisationFacts} from './virtualisation.ts';

/**
 * Everything that decisions need, read from `/` or from a captured tree, and nothing written.
 * Unknown is `null`, never 0 or -1. Numbers of CPUs and nodes are the kernel's own.
 */
export type HostFacts = {
  readonly version: 1;
  /** Directory that stands for `/`. */
  readonly root: string;
  readonly isLive: boolean;
  /** false: an ordinary user read this, so some facts are `null` and `notes` says which. */
  readonly isPrivileged: boolean;
  /** A laptop, tablet or the like, as the firmware's chassis type says; `null` where it says nothing. */
  readonly isPortable: boolean | null;
  /** What a person installs programs with; `null` where it is unknown. */
  readonly packageManager: PackageManager | null;
  readonly cpu: CpuFacts;
  readonly nodes: readonly NumaNode[];
  readonly memory: MemoryFacts;
  readonly pci: readonly PciFunction[];
  readonly mediated: MediatedFacts;
  readonly usb: readonly UsbDevice[];
  /** Keyboards and mice by their names in `/dev/input/by-id`; `null` where they are unknown. */
  readonly inputs: readonly HostInput[] | null;
  /** Memory of Looking Glass in `/dev/shm`, and devices of its module kvmfr; `null` where it is unknown. */
  readonly sharedMemory: readonly SharedMemory[] | null;
  readonly iommu: IommuFacts;
  readonly boot: BootFacts;
  readonly kernel: KernelFacts;
  readonly signing: SigningFacts;
  readonly virtualisation: VirtualisationFacts;
  readonly isolation: IsolationFacts;
  readonly confinement: ConfinementFacts;
  /** What guests that this program has set up take from the host. */
  readonly guests: GuestFacts;
  readonly needs: readonly HostNeed[];
  /** Files that may be edited, by absolute path in the host; a path that is not here does not exist. */
  readonly files: Readonly<Record<string, FileFacts>>;
  readonly notes: readonly Finding[];
  /** Block devices in use by the host itself, with all that lies below them. */
  readonly hostDisks: readonly HostDisk[];
  /** ROM files where QEMU may read them, by path. */
  readonly roms: Readonly<Record<string, RomFile>>;
  /** What is at the paths that the profile at hand names; a path that is not here was not looked at. */
  readonly namedFiles: Readonly<Record<string, NamedFile>>;
};
