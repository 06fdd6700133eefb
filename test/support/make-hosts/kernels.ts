import type {Distribution} from './distribution.ts';

/** What differs between the kernels of the fixtures, as far as decisions ask for it. */
type Kernel = Pick<
  Distribution,
  'id' | 'version' | 'codename' | 'release' | 'gcc' | 'config' | 'builtin' | 'modules' | 'packages' | 'ovmf'
>;

const vfioModules = [
  'drivers/vfio/vfio',
  'drivers/vfio/vfio_iommu_type1',
  'drivers/vfio/pci/vfio-pci',
  'drivers/vfio/pci/vfio-pci-core',
];

const commonModules = [
  'arch/x86/kvm/kvm',
  'arch/x86/kvm/kvm-amd',
  'arch/x86/kvm/kvm-intel',
  'drivers/gpu/drm/amd/amdgpu/amdgpu',
  'drivers/gpu/drm/i915/i915',
  'drivers/gpu/drm/mgag200/mgag200',
  'drivers/gpu/drm/nouveau/nouveau',
  'drivers/gpu/drm/radeon/radeon',
  'drivers/net/ethernet/broadcom/bnx2',
  'drivers/net/ethernet/intel/igb/igb',
  'drivers/net/ethernet/realtek/r8169',
  'drivers/scsi/megaraid/megaraid_sas',
  'sound/pci/hda/snd-hda-intel',
];

const commonConfig = {
  KVM: 'm',
  KVM_INTEL: 'm',
  KVM_AMD: 'm',
  NUMA: 'y',
  HUGETLBFS: 'y',
  HUGETLB_PAGE: 'y',
  TRANSPARENT_HUGEPAGE_MADVISE: 'y',
  INTEL_IOMMU: 'y',
  IRQ_REMAP: 'y',
  AMD_IOMMU: 'y',
  PCI_STUB: 'y',
  DRM_NOUVEAU: 'm',
  FB_EFI: 'y',
};

/** VFIO is part of the kernel itself since focal (CONFIG_VFIO=y, CONFIG_VFIO_PCI=y; eoan had =m). */
export const ubuntuFocal: Kernel = {
  id: 'ubuntu',
  version: '20.04',
  codename: 'focal',
  release: '5.4.0-216-generic',
  gcc: 'gcc version 9.4.0 (Ubuntu 9.4.0-1ubuntu1~20.04.2)',
  config: {
    ...commonConfig,
    INTEL_IOMMU_DEFAULT_ON: 'n',
    VFIO: 'y',
    VFIO_IOMMU_TYPE1: 'y',
    VFIO_VIRQFD: 'y',
    VFIO_PCI: 'y',
    VFIO_PCI_VGA: 'y',
    TRANSPARENT_HUGEPAGE: 'y',
  },
  builtin: [
    'drivers/vfio/vfio',
    'drivers/vfio/vfio_virqfd',
    'drivers/vfio/vfio_iommu_type1',
    'drivers/vfio/pci/vfio-pci',
    'drivers/pci/pci-stub',
    'drivers/usb/host/ehci-pci',
    'drivers/usb/host/uhci-hcd',
    'drivers/ata/ata_piix',
  ],
  modules: commonModules,
  packages: {
    'grub-common': '2.04-1ubuntu26.17',
    'grub-pc': '2.04-1ubuntu26.17',
    'initramfs-tools': '0.136ubuntu6.7',
    'libvirt-daemon': '6.0.0-0ubuntu8.16',
    'libvirt-daemon-system': '6.0.0-0ubuntu8.16',
    ovmf: '0~20191122.bd85bf54-2ubuntu3.6',
    'qemu-system-x86': '1:4.2-3ubuntu6.30',
    systemd: '245.4-4ubuntu3.24',
  },
  ovmf: 'focal',
};

/** 6.1 still has vfio_virqfd as a module, and Debian leaves the integrated GPU out of translation. */
export const debianBookworm: Kernel = {
  id: 'debian',
  version: '12',
  codename: 'bookworm',
  release: '6.1.0-37-amd64',
  gcc: 'gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0',
  config: {
    ...commonConfig,
    INTEL_IOMMU_DEFAULT_ON: 'n',
    INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF: 'y',
    VFIO: 'm',
    VFIO_IOMMU_TYPE1: 'm',
    VFIO_VIRQFD: 'm',
    VFIO_PCI_CORE: 'm',
    VFIO_PCI: 'm',
    VFIO_PCI_VGA: 'y',
    IOMMUFD: 'n',
    SYSFB_SIMPLEFB: 'n',
    CPU_ISOLATION: 'y',
    NO_HZ_FULL: 'y',
    RCU_NOCB_CPU: 'y',
  },
  builtin: ['drivers/pci/pci-stub'],
  modules: [
    ...commonModules,
    ...vfioModules,
    'drivers/vfio/vfio_virqfd',
    'drivers/usb/host/xhci-pci',
    'drivers/usb/host/ehci-pci',
    'drivers/ata/ahci',
    'drivers/ata/ata_piix',
    'drivers/nvme/host/nvme',
    'drivers/usb/host/uhci-hcd',
  ],
  packages: {
    'grub-common': '2.06-13+deb12u1',
    'initramfs-tools': '0.142+deb12u3',
    'libvirt-daemon': '9.0.0-4+deb12u2',
    'libvirt-daemon-system': '9.0.0-4+deb12u2',
    ovmf: '2022.11-6+deb12u2',
    'qemu-system-x86': '1:7.2+dfsg-7+deb12u15',
    systemd: '252.38-1~deb12u1',
  },
  ovmf: '4m',
};

export const ubuntuNoble: Kernel = {
  id: 'ubuntu',
  version: '24.04',
  codename: 'noble',
  release: '6.8.0-79-generic',
  gcc: 'x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0',
  config: {
    ...commonConfig,
    INTEL_IOMMU_DEFAULT_ON: 'y',
    VFIO: 'm',
    VFIO_IOMMU_TYPE1: 'm',
    VFIO_VIRQFD: 'y',
    VFIO_PCI_CORE: 'm',
    VFIO_PCI: 'm',
    VFIO_PCI_VGA: 'y',
    IOMMUFD: 'm',
    SYSFB_SIMPLEFB: 'y',
    DRM_SIMPLEDRM: 'y',
    USB_XHCI_PCI: 'm',
  },
  builtin: ['drivers/pci/pci-stub'],
  modules: [
    ...commonModules,
    ...vfioModules,
    'drivers/usb/host/xhci-pci',
    'drivers/nvme/host/nvme',
    'drivers/ata/ahci',
    'drivers/i2c/busses/i2c-nvidia-gpu',
    'drivers/net/wireless/ath/ath10k/ath10k_pci',
    'drivers/net/ethernet/intel/igc/igc',
  ],
  packages: {
    'grub-common': '2.12-1ubuntu7.3',
    'initramfs-tools': '0.142ubuntu25.5',
    'libvirt-daemon': '10.0.0-2ubuntu8.8',
    'libvirt-daemon-system': '10.0.0-2ubuntu8.8',
    ovmf: '2024.02-2ubuntu0.5',
    'qemu-system-x86': '1:8.2.2+ds-0ubuntu1.10',
    systemd: '255.4-1ubuntu8.10',
  },
  ovmf: '4m',
};
