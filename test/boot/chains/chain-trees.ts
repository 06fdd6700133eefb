import {realFile} from './real-file.ts';

const big = 'x'.repeat(200);

/** The files of GRUB, initramfs-tools and dracut are Debian's (real/README.md); the stand-ins let bash read what we wrote. */
export const debian = (grub: string, kernel: string) => ({
  '/proc/cmdline': `BOOT_IMAGE=/boot/vmlinuz-${kernel} root=UUID=1-2 ro quiet\n`,
  '/etc/default/grub': realFile(grub),
  '/boot/grub/grub.cfg': 'menu\n',
  [`/boot/vmlinuz-${kernel}`]: '',
  [`/boot/initrd.img-${kernel}`]: big,
});

export const initramfsTools = {
  '/usr/sbin/update-initramfs': {text: '', mode: 0o755},
  '/etc/initramfs-tools/modules': realFile('debian-12/initramfs-tools-modules'),
  '/etc/initramfs-tools/initramfs.conf': realFile('debian-12/initramfs.conf'),
} as const;

export const dracut = {
  '/usr/bin/dracut': {text: '', mode: 0o755},
  '/etc/dracut.conf': realFile('debian-12/dracut.conf'),
} as const;

/** Invented after what anaconda and GRUB's 20-grub.install leave on Fedora 41 (real-grub.test.ts has a real file of defaults); /etc/dracut.conf is that of dracut. */
export const fedora = {
  '/proc/cmdline':
    'BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.12.5-200.fc41.x86_64 root=UUID=1-2 ro rootflags=subvol=root rhgb quiet\n',
  '/etc/default/grub':
    'GRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR="$(sed \'s, release .*$,,g\' /etc/system-release)"\nGRUB_CMDLINE_LINUX="rootflags=subvol=root rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n',
  '/boot/grub2/grub.cfg': 'blscfg\n',
  '/boot/loader/entries/0123-6.11.4-301.fc41.x86_64.conf':
    'title Fedora Linux (6.11.4-301.fc41.x86_64) 41 (Workstation Edition)\nversion 6.11.4-301.fc41.x86_64\nlinux /vmlinuz-6.11.4-301.fc41.x86_64\ninitrd /initramfs-6.11.4-301.fc41.x86_64.img\noptions root=UUID=1-2 ro rootflags=subvol=root hugepages=7 rhgb quiet\ngrub_users $grub_users\ngrub_arg --unrestricted\ngrub_class fedora\n',
  '/boot/loader/entries/0123-6.12.5-200.fc41.x86_64.conf':
    'title Fedora Linux (6.12.5-200.fc41.x86_64) 41 (Workstation Edition)\nversion 6.12.5-200.fc41.x86_64\nlinux /vmlinuz-6.12.5-200.fc41.x86_64\ninitrd /initramfs-6.12.5-200.fc41.x86_64.img $tuned_initrd\noptions root=UUID=1-2 ro rootflags=subvol=root  rhgb quiet $tuned_params\ngrub_users $grub_users\ngrub_arg --unrestricted\ngrub_class fedora\n',
  '/boot/loader/entries/01234567890123456789012345678901-0-rescue.conf':
    'title Rescue\nlinux /vmlinuz-0-rescue\noptions root=UUID=1-2 ro\n',
  '/boot/vmlinuz-6.11.4-301.fc41.x86_64': '',
  '/boot/vmlinuz-6.12.5-200.fc41.x86_64': '',
  '/boot/initramfs-6.11.4-301.fc41.x86_64.img': big,
  '/boot/initramfs-6.12.5-200.fc41.x86_64.img': big,
  '/boot/initramfs-6.12.5-200.fc41.x86_64kdump.img': 'kdump',
  ...dracut,
  '/etc/dracut.conf.d/80-vfio.conf': 'force_drivers+=" vfio_pci "\n',
} as const;

/** Invented after the files of Arch's grub, mkinitcpio and linux packages. */
export const arch = (hooks: string) =>
  ({
    '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-linux root=UUID=1-2 rw\n',
    '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="loglevel=3 quiet"\nGRUB_CMDLINE_LINUX=""\n',
    '/boot/grub/grub.cfg': 'menu\n',
    '/boot/vmlinuz-linux': '',
    '/boot/initramfs-linux.img': big,
    '/boot/initramfs-linux-fallback.img': big,
    '/usr/bin/mkinitcpio': {text: '', mode: 0o755},
    '/etc/mkinitcpio.conf': `# HOOKS=(comment)\nMODULES=(\n  btrfs\n)\nBINARIES=()\nFILES=()\nHOOKS=(\n  ${hooks} # in this order\n  filesystems fsck)\n`,
    '/etc/mkinitcpio.conf.d': {directory: true},
    '/etc/mkinitcpio.d/linux.preset': `# preset\n\n#ALL_config="/etc/mkinitcpio.conf"\nALL_kver="/boot/vmlinuz-linux"\n\nPRESETS=('default' 'fallback')\n\ndefault_image="/boot/initramfs-linux.img"\n#default_uki="/efi/EFI/Linux/arch-linux.efi"\n\nfallback_image="/boot/initramfs-linux-fallback.img"\nfallback_options="-S autodetect"\n`,
  }) as const;

/** Invented; regenerate_images of the Arch package names the images so, and its own booster.yaml is empty. */
export const archBooster = {
  '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-linux root=UUID=1-2 rw\n',
  '/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="loglevel=3 quiet"\nGRUB_CMDLINE_LINUX=""\n',
  '/boot/grub/grub.cfg': 'menu\n',
  '/boot/vmlinuz-linux': '',
  '/boot/booster-linux.img': big,
  '/usr/bin/booster': {text: '', mode: 0o755},
  '/etc/booster.yaml': 'compression: zstd\nmodules: -*,hid_apple,kernel/fs/btrfs/btrfs.ko\n',
} as const;

/** /etc/kernel/cmdline is as the installer writes it for ZFS; GRUB's and initramfs-tools' files are Debian's, which Proxmox VE takes over. */
export const proxmox = {
  '/proc/cmdline': 'initrd=\\EFI\\proxmox\\6.8.12-4-pve\\initrd.img-6.8.12-4-pve root=ZFS=rpool/ROOT/pve-1 boot=zfs\n',
  '/sys/firmware/efi': {directory: true},
  '/etc/kernel/proxmox-boot-uuids': 'ABCD-0123\n',
  '/etc/kernel/cmdline': 'root=ZFS=rpool/ROOT/pve-1 boot=zfs\n',
  '/etc/default/grub': realFile('debian-12/grub'),
  ...initramfsTools,
  '/boot/vmlinuz-6.8.12-4-pve': '',
  '/boot/initrd.img-6.8.12-4-pve': 'old',
  '/esp': 'version 6.8.12-4-pve\noptions  root=ZFS=rpool/ROOT/pve-1 boot=zfs\ninitrd\n',
} as const;
