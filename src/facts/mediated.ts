import type {PciAddress} from './pci-address.ts';

/** Mediated devices: slices that a driver makes of its device, as `/sys/class/mdev_bus` and `/sys/bus/mdev` tell (kernel: drivers/vfio/mdev). */
export type MediatedFacts = {
  readonly parents: readonly MediatedParent[];
  /** Those that are there now. */
  readonly devices: readonly MediatedDevice[];
  /** What starts mdevctl's definitions at boot; `null` where mdevctl is not installed. */
  readonly autostart: MediatedAutostart | null;
};

/** Any device whose driver makes slices; by no means always a PCI function. */
export type MediatedParent = {
  /** Its name in sysfs: `0000:00:02.0`, `mtty`. */
  readonly name: string;
  /** Where it is a PCI function. */
  readonly address: PciAddress | null;
  readonly driver: string | null;
  readonly numaNode: number | null;
  readonly types: readonly MediatedType[];
};

export type MediatedType = {
  /** Name of its directory: `nvidia-256`, `i915-GVTg_V5_4`. */
  readonly id: string;
  /** What the driver calls it: `GRID RTX6000-1Q`. */
  readonly name: string | null;
  /** Several lines with some drivers. */
  readonly description: string | null;
  readonly vramMiB: number | null;
  /** How many more the parent can make of it now. */
  readonly available: number | null;
  /** `vfio-pci` where a guest sees a PCI device. */
  readonly api: string | null;
};

export type MediatedDevice = {
  readonly uuid: string;
  readonly parent: string;
  readonly type: string | null;
};

export type MediatedAutostart = {
  /** The udev rule. */
  readonly rule: string;
  /** The program that it runs. */
  readonly program: string;
  readonly isThere: boolean;
};

export const noMediated: MediatedFacts = {parents: [], devices: [], autostart: null};

/** A guest sees a PCI device; the others are for s390 (`vfio-ccw`, `vfio-ap`). */
export const isPciType = ({api}: MediatedType): boolean => api === 'vfio-pci';

/** `GRID RTX6000-1Q` where the driver has a name of its own for `nvidia-256`, else the type itself. */
export const nameOfType = ({id, name}: Pick<MediatedType, 'id' | 'name'>): string =>
  name === null || name === id || id.endsWith(`-${name}`) ? id : name;

/**
 * NVIDIA’s names end with the size in GiB and a letter for the series, `GRID RTX6000-1Q`; 0 stands for 512 MiB. Before the size
 * there may be the number of MIG slices, after it a suffix.
 */
export const vramMiBOfName = (name: string | null): number | null => {
  const size = /-(\d{1,3})[ABCQ]\d?(?:ME|NOME|MEALL|GFX)*$/.exec(name ?? '')?.[1];
  if (size === undefined) return null;
  return size === '0' ? 512 : Number(size) * 1024;
};

/** `GRID A100-1-5C`: it is on an instance that the GPU was split into (MIG), and not a share of its time. */
export const isMigBacked = (name: string | null): boolean => /-\d+-\d+[ABCQ]/.test(name ?? '');
