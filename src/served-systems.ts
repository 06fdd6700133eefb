import type {BootFacts, BootLoader, InitramfsSystem} from './host/facts.ts';

/** The boot loaders and initramfs systems that can be written; the tables of the renderers have these and no others. */
export const servedLoaders = ['grub', 'grub-bls', 'proxmox-boot-tool', 'systemd-boot', 'kernelstub', 'rpm-ostree', 'sdbootutil', 'nixos', 'limine-entry-tool', 'uki'] as const satisfies readonly BootLoader[];
export const servedInitramfsSystems = ['initramfs-tools', 'dracut', 'mkinitcpio', 'booster'] as const satisfies readonly InitramfsSystem[];

export type ServedLoader = (typeof servedLoaders)[number];
export type ServedInitramfsSystem = (typeof servedInitramfsSystems)[number];

/** There an image is made for each entry of ours, and those of the system are left alone. */
export const copiesImages = ({loader}: BootFacts): boolean => loader === 'systemd-boot' || loader === 'uki';

/** There the image is part of a deployment, a generation or a signed file, and what lies in /boot is made from elsewhere: the loader says how. */
const imageKeepers: Partial<Record<BootLoader, 'rpm-ostree' | 'sdbootutil' | 'nixos' | 'limine-entry-tool'>> = {'rpm-ostree': 'rpm-ostree', sdbootutil: 'sdbootutil', nixos: 'nixos', 'limine-entry-tool': 'limine-entry-tool'};

/** By whom the image is made, or changed where it comes from elsewhere. */
export type ServedImage = ServedInitramfsSystem | NonNullable<(typeof imageKeepers)[BootLoader]>;

export const servedLoader = ({loader}: BootFacts): ServedLoader | null => servedLoaders.find((one) => one === loader) ?? null;

/** `null` where the image can't be made by us. */
export const servedInitramfs = ({loader}: BootFacts, system: InitramfsSystem | null): ServedImage | null => {
  const keeper = loader === null ? undefined : imageKeepers[loader];
  return keeper === undefined ? (servedInitramfsSystems.find((one) => one === system) ?? null) : keeper;
};

/** Whether a machine of this kind has been started with what we write, in the lab; the others are tested on trees of files. */
export const isProvenByBoot = ({loader, initramfs}: BootFacts): boolean =>
  (loader === 'grub' && (initramfs === 'initramfs-tools' || initramfs === 'dracut')) || (loader === 'systemd-boot' && initramfs === 'initramfs-tools');
