/** What decides whether the kernel lets in a module that was built on this machine. */
export type SigningFacts = {
  /** `module.sig_enforce` of the running kernel: it refuses what is not signed, Secure Boot or not. */
  readonly isEnforced: boolean | null;
  readonly shim: ShimFacts;
  /** Certificates that DKMS may sign with, of those that are there: first the one that its configuration names. */
  readonly certificates: readonly SigningCertificate[];
  /** Modules from outside the kernel, for each installed kernel. */
  readonly modules: readonly OutsideModule[];
};

/** The boot loader that keeps the machine owner's keys (MOKs) and hands them to the kernel. */
export type ShimFacts = {
  /** Enrolled MOKs; empty where shim did not start this system, `null` where its list can't be read. */
  readonly enrolled: readonly KeyId[] | null;
  /** Whether shim started this system; `null` when unknown. */
  readonly isUsed: boolean | null;
  /** It was told to check nothing, and the kernel then acts as without Secure Boot (MokSBStateRT). */
  readonly isValidationOff: boolean;
  /** A key waits for the blue screen of the next boot (MokNew). */
  readonly isWaiting: boolean;
};

/** How a signature names the certificate of its key. */
export type KeyId = {
  /** Serial number in hexadecimal digits, without leading zeros. */
  readonly serial: string;
  /** Common name of the certificate's issuer, which is its own where it signed itself. */
  readonly issuer: string | null;
};

export type SigningCertificate = {
  readonly path: string;
  readonly key: KeyId;
  /** DKMS's own configuration names it. */
  readonly isConfigured: boolean;
};

export type OutsideModule = {
  /** Release of the kernel that it is for. */
  readonly kernel: string;
  /** `-` written as `_`. */
  readonly name: string;
  readonly path: string;
  /** Name and version at DKMS, `kvmfr/0.0.2`; `null` where DKMS did not build it. */
  readonly dkms: string | null;
  /** `null`: the file is packed in a way that can't be read here, or it is not readable. */
  readonly isSigned: boolean | null;
  readonly key: KeyId | null;
};

export const isSameKey = (one: KeyId, other: KeyId): boolean =>
  // A serial number that openssl made up has 20 bytes; a person may have said 1.
  one.serial === other.serial && (one.serial.length > 8 || one.issuer === other.issuer);

/** Modules that no kernel has of its own, and that are of use for guests. */
const neverOfTheKernel = ['kvmfr', 'vendor_reset', 'gim', 'nvidia', 'nvidia_vgpu_vfio'];

/** From outside wherever its file is. */
export const isAlwaysOutside = (module: string): boolean => neverOfTheKernel.includes(module);

/** A module that a guest may need, also where the kernel has one of the same name. */
export const mayServeGuests = (module: string): boolean =>
  isAlwaysOutside(module) ||
  module.includes('vfio') ||
  ['kvm', 'kvm_intel', 'kvm_amd', 'iommufd', 'i915', 'xe', 'xen_pciback'].includes(module);
