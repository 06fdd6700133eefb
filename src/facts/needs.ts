import type {PciAddress} from './pci-address.ts';

/** `paths`: all of its names, `/dev/nvme0n1p2`, `/dev/disk/by-id/…`; `use`: `/ is on it`. */
export type HostDisk = {readonly paths: readonly string[]; readonly use: string};

/** A PCI function that the host itself needs, with the chain; a `route` and `data` are what it uses and can start without. */
export type HostNeed = {
  readonly address: PciAddress;
  readonly kind: 'root' | 'boot' | 'esp' | 'swap' | 'data' | 'network' | 'route' | 'display' | 'console' | 'keyboard';
  /** `/ is on dm-0 → LUKS on nvme0n1p3 → 0000:01:00.0` */
  readonly chain: string;
  /** Functions that would do as well, so that it is a need only when they go too; empty when there are none. */
  readonly spares: readonly PciAddress[];
};

/** Whether the host needs the function when all of `taken` go: one that has a spare left is no need. */
export const isNeeded = (need: HostNeed, taken: readonly PciAddress[]): boolean =>
  need.spares.every((spare) => taken.includes(spare));

const vitalKinds: readonly HostNeed['kind'][] = ['root', 'boot', 'esp', 'swap'];

/** Without it the host does not start at all, so nothing that a user writes can give it away. */
export const isVital = (need: HostNeed): boolean => vitalKinds.includes(need.kind);
