/** The tables of chains and systems decide which names there are, so that one more needs no line in a type. */
type Other = string & Record<never, never>;

/** Names of the chains in src/boot/chains.ts; those that are known today, for editors and readers. */
export type BootLoader =
  | Other
  | 'grub'
  | 'grub-bls'
  | 'systemd-boot'
  | 'proxmox-boot-tool'
  | 'kernelstub'
  | 'rpm-ostree'
  | 'uki'
  | 'sdbootutil'
  | 'limine'
  | 'limine-entry-tool'
  | 'nixos'
  | 'xen-cmdline'
  | 'refind'
  | 'efi-stub'
  | 'syslinux';

/** Names of the systems in src/image/systems.ts. */
export type InitramfsSystem = Other | 'initramfs-tools' | 'dracut' | 'mkinitcpio' | 'booster';

export type BootFacts = {
  readonly firmware: 'uefi' | 'bios' | null;
  readonly secureBoot: boolean | null;
  /** `none`, `integrity` or `confidentiality`. */
  readonly lockdown: string | null;
  readonly loader: BootLoader | null;
  /** Sentences: what was found, and what it speaks for. */
  readonly loaderEvidence: readonly string[];
  readonly loaderCandidates: readonly BootLoader[];
  readonly initramfs: InitramfsSystem | null;
  readonly initramfsEvidence: readonly string[];
  /** Of the running kernel. */
  readonly commandLine: string | null;
  /**
   * Kernel arguments of the next boot as the loader's own files give them, one line for each place that says some;
   * `null` where the loader has no such files, or none that can be read.
   */
  readonly next: readonly string[] | null;
  /** The same for a hypervisor that is started under the kernel; `null` where the loader can start none. */
  readonly hypervisorNext: readonly string[] | null;
  /** Kernel releases with an image in /boot. */
  readonly kernels: readonly string[];
  /** Images that start one of `kernels`, in /boot or where kernel-install puts them. */
  readonly images: readonly InitramfsImage[];
  /** What the first watchdog calls itself (`/sys/class/watchdog`); `null` when there is none. */
  readonly watchdog: string | null;
  /** What only this loader keeps; `null` where it keeps nothing of its own, or no one loader was found. */
  readonly own: OwnBootFacts | null;
  readonly support: BootSupport;
};

/** What the chain and the image system of this host say of themselves, asked once when the host is read. */
export type BootSupport = {
  /** Whether kernel arguments and images can be written here. */
  readonly isWritten: boolean;
  /** Whether a machine of this kind was started in the lab with what is written; the others are tested on trees of files. */
  readonly isProven: boolean;
  /** What gives a card away before its driver comes: a script of our own in the initramfs, or a udev rule. `null`: neither can be had. */
  readonly claim: 'script' | 'rule' | null;
  /** The whole system is made from a configuration, so that no file of it is ours to write. */
  readonly isDeclarative: boolean;
  /** How a person changes the kernel arguments, where that has to come before the first plan; `null`: nothing is known to work. */
  readonly lineEdit: LineEdit | null;
};

export type LineEdit =
  /** What is typed before the argument itself. */
  | {readonly by: 'command'; readonly add: string; readonly remove: string}
  | {
      readonly by: 'file';
      readonly path: string;
      /** `GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub` */
      readonly place: string;
      /** The command that brings the file to the next boot. */
      readonly refresh: string;
    };

export type OwnBootFacts = GrubFacts | EntryFacts | OstreeFacts | NixosFacts | XenMenuFacts;

/** Of XCP-ng, whose grub.cfg is the source and is edited by a program. */
export type XenMenuFacts = {
  readonly kind: 'xen-menu';
  /** The grub.cfg that the program edits; `null` where there is none, or none that can be read. */
  readonly path: string | null;
  /** Arguments of Xen and of dom0 in the entry that starts by default; `null` where no entry is called like the product. */
  readonly entry: {readonly hypervisor: string; readonly kernel: string} | null;
};

export type GrubFacts = {
  readonly kind: 'grub';
  /** How its programs and its directory in /boot are called: openSUSE and Fedora have `grub2`. */
  readonly name: 'grub' | 'grub2';
  /** The running system is dom0 of Xen, so that the lines of GRUB's Xen entries are those of its next boot. */
  readonly isUnderXen: boolean;
  /** `null` where it is not there or not readable. */
  readonly menu: GrubMenu | null;
};

/** Of boot loaders that start entries and unified images on the EFI partition. */
export type EntryFacts = {
  readonly kind: 'entries';
  readonly choice: EntryChoice;
  readonly unifiedImages: readonly UnifiedImage[];
};

export type OstreeFacts = {
  readonly kind: 'ostree';
  /** The deployment that starts next; `null` when it can't be read. */
  readonly deployment: DeploymentFacts | null;
};

export type NixosFacts = {
  readonly kind: 'generation';
  /** Kernel arguments of the generation that starts next; `null` when not readable. */
  readonly commandLine: string | null;
};

/** What a menu entry for one boot has to know of GRUB's configuration. */
export type GrubMenu = {
  /** `/boot/grub` or `/boot/grub2` */
  readonly directory: string;
  /** The entry that started the running system; `null` when none has its kernel and arguments. */
  readonly running: GrubEntry | null;
  /** Whether it reads custom.cfg next to it, and obeys `next_entry`. */
  readonly readsCustom: boolean;
  readonly obeysNextEntry: boolean;
  /** Why GRUB can't write grubenv and so would start the same entry for ever; `null` when it can. */
  readonly environmentObstacle: string | null;
};

export type GrubEntry = {
  /** As GRUB names it, `/boot/vmlinuz-6.1.0-18-amd64`. */
  readonly kernel: string;
  readonly arguments: string;
  /** As GRUB names them; more than one where microcode is apart. */
  readonly images: readonly string[];
  /** What comes before the kernel: modules, and the search for the file system. */
  readonly preparation: readonly string[];
};

/** Ids or globs of boot entries, `arch.conf` (systemd: systemd-boot(7)); `null` where the variable is not set. */
export type EntryChoice = {
  /** Name and version of the boot loader, where one was at work: `systemd-boot 257.5`. */
  readonly loader: string | null;
  /** Started this time. */
  readonly selected: string | null;
  readonly preferred: string | null;
  readonly default: string | null;
  readonly lastBooted: string | null;
  readonly hasBootctl: boolean;
};

export type DeploymentFacts = {
  readonly commandLine: string;
  /** Files of /etc that rpm-ostree lays over the initramfs. */
  readonly initramfsFiles: readonly string[];
  /** Made from a container image, as bootc does. */
  readonly isContainer: boolean;
};

/** `isSigned` is `null` where the file can't be read as an EFI program. */
export type UnifiedImage = {readonly path: string; readonly isSigned: boolean | null};

export type InitramfsImage = {readonly release: string; readonly path: string};
