import type {PciAddress, PciId} from './pci-address.ts';

/** What one guest takes from the host, as the run that applied it has recorded. */
export type GuestClaim = {
  readonly guest: string;
  readonly profile: string;
  readonly functions: readonly ClaimedFunction[];
  readonly virtualFunctions: readonly ClaimedVirtualFunction[];
  readonly pooledFunctions: readonly ClaimedPooledFunction[];
  readonly mediatedDevices: readonly ClaimedMediatedDevice[];
  /** By vendor and product, and by port where the profile names one. */
  readonly usbDevices: readonly {readonly id: string; readonly port: string | null}[];
  /** A device of Looking Glass' module kvmfr, and who looks at the picture in it. */
  readonly kvmfr: {readonly device: number; readonly sizeMiB: number; readonly user: string} | null;
  readonly moduleOptions: readonly ClaimedOption[];
  /** `boot`: set aside at boot; `start`: taken by a hook when the guest starts. Pages by node id. */
  readonly hugepages: {
    readonly sizeKiB: number;
    readonly perNode: Readonly<Record<string, number>>;
    readonly takenAt: 'boot' | 'start';
  } | null;
  readonly isolation: {readonly method: 'none' | 'cgroup' | 'boot'; readonly cpus: readonly number[]};
  readonly kernelArguments: readonly string[];
};

export type ClaimedFunction = {
  readonly address: PciAddress;
  /** `null` of a function that shares the group, and which the plan does not describe. */
  readonly id: PciId | null;
  readonly driver: string;
  /** `address` and `ids` bind it at boot; `libvirt` when the guest starts. */
  readonly bindBy: 'address' | 'ids' | 'libvirt';
  /** false: it only shares the group with one that the guest gets. */
  readonly isAssigned: boolean;
};

/** A virtual function of a device that stays with the host. */
export type ClaimedVirtualFunction = {
  readonly of: PciAddress;
  readonly index: number;
  /** Virtual functions of `of` that the guest's unit makes at least. */
  readonly count: number;
  readonly id: PciId | null;
  /** Where the guest's definition has it. */
  readonly address: PciAddress | null;
  readonly vgpu: {readonly name: string; readonly mixedSizes: boolean} | null;
};

/** Any free virtual function of a network card that stays with the host. */
export type ClaimedPooledFunction = {
  readonly of: PciAddress;
  /** Virtual functions of `of` that the guest's unit makes at least. */
  readonly count: number;
};

/** A slice of a device that stays with the host. */
export type ClaimedMediatedDevice = {
  readonly uuid: string;
  readonly parent: string;
  readonly type: string;
  readonly vramMiB: number | null;
};

export type ClaimedOption = {readonly module: string; readonly parameter: string; readonly value: string};

export type GuestFacts = {
  /** Of each guest the newest that is applied. */
  readonly recorded: readonly GuestClaim[];
  /**
   * What files say that runs without a record have printed (those of versions before 0.2, or all of them to an ordinary
   * user); `null` where every applied run has its record. It cannot be said which guest it belongs to.
   */
  readonly printed: PrintedClaims | null;
};

export type PrintedClaims = {
  /** Bound at boot by address. */
  readonly boundAtBoot: readonly PciAddress[];
  readonly moduleOptions: readonly ClaimedOption[];
  /** Guests whose huge pages a hook takes when they start. */
  readonly takePagesAtStart: readonly string[];
};

export const noGuests: GuestFacts = {recorded: [], printed: null};
