/** A host tree that shows a failure mode: what is chosen on it, and a line that the program then has to say. */
export type HostEvidence = {
  readonly number: number;
  readonly host: string;
  readonly devices: readonly string[];
  /** Files that the tree does not have, or not so; what they show is invented. */
  readonly changed?: Readonly<Record<string, string>>;
  readonly binding?: 'address' | 'ids' | 'libvirt' | 'handover';
  /** Of the lines that `describePlan` makes of findings, checks and decisions. */
  readonly says: RegExp;
};

const sysfs = '/sys/bus/pci/devices/0000:0b:00.0';
const iomem = 'f400000000-f40fffffff : 0000:0b:00.0\n  f400000000-f4002fffff : efifb\n';
const laterKernel = '/lib/modules/6.12.9-amd64';

export const hostEvidence: readonly HostEvidence[] = [
  {number: 1, host: 'two-identical-cards', devices: ['0000:0a:00.0'], says: /^blocker device-drives-console .*DP-1/m},
  {number: 1, host: 'laptop-optimus', devices: ['0000:00:02.0'], says: /^blocker device-drives-console .*eDP-1/m},
  {number: 1, host: 'ryzen-one-card', devices: ['0000:0a:00.0'], says: /^blocker only-gpu .*the only display device/m},
  {
    number: 1,
    host: 'ryzen-one-card',
    devices: ['0000:0a:00.0'],
    binding: 'handover',
    says: /^warning handover-screen .*the display manager stops/m,
  },
  {number: 2, host: 'two-identical-cards', devices: ['0000:0b:00.0'], says: /^note device-twin .*0000:0a:00\.0/m},
  {
    number: 2,
    host: 'two-identical-cards',
    devices: ['0000:0b:00.0'],
    binding: 'ids',
    says: /^blocker binding-ids-ambiguous .*0000:0a:00\.0/m,
  },
  {
    number: 3,
    host: 'asus-p8h67m-gtx750',
    devices: ['0000:00:1f.2'],
    says: /^blocker device-needed-by-host .*\/ is on sda1/m,
  },
  {
    number: 3,
    host: 'laptop-optimus',
    devices: ['0000:03:00.0'],
    says: /^blocker device-needed-by-host .*LVM volume .* → LUKS .* → nvme0n1p3/m,
  },
  {
    number: 4,
    host: 'asus-p8h67m-gtx750',
    devices: ['0000:00:1f.2'],
    says: /^blocker iommu-group-shared .*0000:00:1f\.3/m,
  },
  {
    number: 6,
    host: 'dell-r710-gtx1050-debian12',
    devices: ['0000:06:00.0'],
    says: /^modules vfio_pci vfio vfio_iommu_type1 vfio_virqfd$/m,
  },
  {number: 6, host: 'ryzen-two-cards', devices: ['0000:0a:00.0'], says: /^modules vfio_pci vfio vfio_iommu_type1$/m},
  {
    number: 6,
    host: 'dell-r710-gtx1050-debian12',
    devices: ['0000:06:00.0'],
    changed: {
      '/boot/vmlinuz-6.12.9-amd64': '',
      [`${laterKernel}/modules.dep`]: 'kernel/vfio.ko.xz:\nkernel/vfio-pci.ko.xz:\nkernel/vfio_iommu_type1.ko.xz:\n',
      [`${laterKernel}/modules.builtin`]: '',
    },
    says: /^modules vfio_pci vfio vfio_iommu_type1$/m,
  },
  {
    number: 8,
    host: 'ryzen-two-cards',
    devices: ['0000:0a:00.0'],
    says: /^softdeps nouveau snd_hda_intel xhci_pci i2c_nvidia_gpu$/m,
  },
  {
    number: 9,
    host: 'dell-r710-gtx1050',
    devices: ['0000:06:00.0'],
    binding: 'ids',
    says: /^argument vfio-pci\.ids=10de:1c81,10de:0fb9 because vfio-pci is built into this kernel/m,
  },
  {
    number: 11,
    host: 'two-identical-cards',
    devices: ['0000:0b:00.0'],
    changed: {'/proc/iomem': iomem},
    says: /^note device-framebuffer .*efifb in its memory/m,
  },
  {
    number: 12,
    host: 'two-identical-cards',
    devices: ['0000:0b:00.0'],
    changed: {'/proc/iomem': iomem.replace('efifb', 'BOOTFB'), '/proc/sys/kernel/osrelease': '5.15.0-generic\n'},
    says: /^warning device-framebuffer .*BOOTFB/m,
  },
  {
    number: 14,
    host: 'two-identical-cards',
    devices: ['0000:0b:00.0'],
    says: /^\+GRUB_CMDLINE_LINUX_DEFAULT="quiet nouveau\.config=NvGspRm=0 .*"   # see the wiki$/m,
  },
  {
    number: 18,
    host: 'ryzen-two-cards',
    devices: ['0000:0a:00.0'],
    changed: {'/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-6.8.0-79-generic ro amd_iommu=on vfio-pci-ids=10de:1f08\n'},
    says: /^check kernel-arguments amd_iommu=on does not exist.*; vfio-pci-ids=10de:1f08 is no argument/m,
  },
  {
    number: 19,
    host: 'asus-p8h67m-gtx750',
    devices: ['0000:01:00.0'],
    changed: {'/etc/modprobe.d/x.conf': '# no\ninstall vfio-pci /bin/false\n'},
    says: /^blocker modprobe-conflict .*x\.conf:2 keeps vfio-pci from being loaded/m,
  },
  {number: 20, host: 'dell-r710-gtx1050', devices: ['0000:06:00.0'], says: /^note memory-release-unit /m},
  {
    number: 21,
    host: 'dell-r710-gtx1050',
    devices: ['0000:06:00.0'],
    says: /^decision cpu\.pins: 2\+14, 4\+16, 6\+18, 8\+20 because .*siblings as the kernel lists them/m,
  },
  {
    number: 23,
    host: 'laptop-optimus',
    devices: ['0000:01:00.0'],
    says: /^decision guest\.hideHypervisor: hidden .*mobile GPU/m,
  },
  {
    number: 24,
    host: 'ryzen-two-cards',
    devices: ['0000:0b:00.0'],
    says: /^warning device-reset-fragile .*AMD Polaris/m,
  },
  {
    number: 25,
    host: 'two-identical-cards',
    devices: ['0000:0b:00.0'],
    changed: {[`${sysfs}/device`]: '0x2b85\n'},
    says: /^warning device-reset-fragile .*NVIDIA Blackwell/m,
  },
  {
    number: 27,
    host: 'two-identical-cards',
    devices: ['0000:0b:00.0'],
    says: /^check above-4g .*0000:0b:00\.0 can take BAR1/m,
  },
  {
    number: 30,
    host: 'two-identical-cards',
    devices: ['0000:0b:00.0'],
    changed: {'/sys/hypervisor/type': 'xen\n'},
    says: /^blocker xen-unserved /m,
  },
  {
    number: 91,
    host: 'xcp-ng-one-gpu',
    devices: ['0000:41:00.0'],
    changed: {'/proc/modules': 'gim 16384 0 - Live 0x0000000000000000\n'},
    says: /^warning gim-not-served /m,
  },
  {number: 32, host: 'dell-r710-gtx1050', devices: ['0000:06:00.0'], says: /^blocker interrupt-remapping-missing /m},
  {
    number: 33,
    host: 'l40s-server',
    devices: ['0000:81:00.0/virtfn2 NVIDIA L40S-12Q'],
    changed: {
      '/sys/kernel/security/lockdown': 'none [integrity] confidentiality\n',
      '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': '\u0006\0\0\0\u0001',
      '/boot/vmlinuz-6.12.9-amd64': '',
      [`${laterKernel}/modules.dep`]: 'updates/dkms/nvidia.ko:\n',
      [`${laterKernel}/modules.builtin`]: '',
      [`${laterKernel}/updates/dkms/nvidia.ko`]: 'ELF',
    },
    says: /^warning module-not-signed .*Kernel 6\.12\.9-amd64 refuses nvidia: it is not signed/m,
  },
  {number: 34, host: 'ryzen-one-card', devices: ['0000:0a:00.0'], binding: 'handover', says: /^\+patience=15$/m},
  {
    number: 34,
    host: 'ryzen-two-cards',
    devices: ['0000:0a:00.0'],
    binding: 'libvirt',
    says: /^warning device-held-by-driver .*from nouveau/m,
  },
  {
    number: 37,
    host: 'laptop-optimus',
    devices: ['0000:00:02.0'],
    changed: {'/sys/bus/pci/devices/0000:00:02.0/mdev_supported_types/i915-GVTg_V5_4/name': 'GVTg_V5_4\n'},
    says: /^warning device-shared-in-parts .*mediated devices/m,
  },
  {
    number: 38,
    host: 'asus-p8h67m-gtx750',
    devices: ['0000:01:00.0'],
    changed: {
      '/etc/libvirt/qemu/win10.xml': "<domain type='kvm'>\n  <name>win10</name>\n</domain>\n",
      '/etc/libvirt/qemu/autostart/win10.xml': '',
    },
    says: /^warning guest-autostart /m,
  },
  {
    number: 43,
    host: 'dell-r710-gtx1050',
    devices: ['0000:06:00.0'],
    changed: {
      '/etc/modprobe.d/vfio.conf': 'options vfio-pci disable_vga=1\n',
      '/lib/modules/5.4.0-216-generic/modules.builtin.modinfo': 'vfio_pci.parmtype=ids:string\0',
    },
    says: /^note module-parameter-missing This line has no effect: .* has no parameter disable_vga/m,
  },
  {
    number: 44,
    host: 'dual-socket-1gib',
    devices: ['0000:81:00.0'],
    changed: {
      '/lib/modules/6.1.0-37-amd64/modules.alias':
        'alias pci:v000010DEd*sv*sd*bc03sc00i00* nouveau\nalias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\nalias vfio_pci:v000010DEd00001E30sv*sd*bc*sc*i* nvgrace_gpu_vfio_pci\n',
    },
    says: /^decision devices: 0000:81:00\.0 with nvgrace_gpu_vfio_pci /m,
  },
  {number: 45, host: 'asus-p8h67m-gtx750', devices: ['0000:01:00.0'], says: /^check iommu-firmware .*DMAR/m},
  {
    number: 49,
    host: 'sriov-nic',
    devices: ['0000:0a:00.0/virtfn2'],
    says: /^\+Before=.*libvirtd\.service virtqemud\.service/m,
  },
  {
    number: 50,
    host: 'sriov-nic',
    devices: ['0000:0a:00.0/virtfn2'],
    says: /^decision devices: 0000:0a:00\.0\/virtfn2 at 0000:0a:11\.0 /m,
  },
  {
    number: 51,
    host: 'sriov-nic',
    devices: ['0000:0a:00.0/virtfn2'],
    says: /^\+ +<interface type='hostdev' managed='yes'>/m,
  },
  {
    number: 53,
    host: 'sriov-nic',
    devices: ['0000:0a:00.0/virtfn2'],
    changed: {'/etc/sysfs.d/nic.conf': 'bus/pci/devices/0000:0a:00.0/sriov_numvfs = 4\n'},
    says: /^blocker vf-count-owned-elsewhere \/etc\/sysfs\.d\/nic\.conf:1 /m,
  },
  {
    number: 53,
    host: 'sriov-nic',
    devices: ['0000:0a:00.1/virtfn0'],
    changed: {'/etc/systemd/network/10-nic.link': '[Match]\nPath=pci-0000:0a:00.0\n[Link]\nSR-IOVVirtualFunctions=4\n'},
    says: /^decision devices: 0000:0a:00\.1 makes 1 virtual function at boot /m,
  },
  {
    number: 55,
    host: 'sriov-nic',
    devices: ['0000:0a:00.0/virtfn2'],
    changed: {'/etc/modprobe.d/net.conf': 'blacklist igb\n'},
    says: /^blocker vf-parent-taken \/etc\/modprobe\.d\/net\.conf:1 keeps igb/m,
  },
  {
    number: 57,
    host: 'turing-server',
    devices: ['0000:81:00.0/nvidia-256'],
    says: /^blocker mdev-other-size-active .*slices of 2048 MiB/m,
  },
  {
    number: 57,
    host: 'ampere-server',
    devices: ['0000:81:00.6/nvidia-528'],
    says: /^blocker mdev-other-size-active .*slices of 2048 MiB/m,
  },
  {
    number: 59,
    host: 'gvt-laptop',
    devices: ['0000:00:02.0/i915-GVTg_V5_4'],
    says: /^\+Before=libvirtd\.service virtqemud\.service/m,
  },
  {
    number: 60,
    host: 'gvt-laptop',
    devices: ['0000:00:02.0/i915-GVTg_V5_4'],
    says: /^note mdev-autostart-broken .*60-mdevctl\.rules runs \/usr\/sbin\/mdevctl/m,
  },
  {
    number: 67,
    host: 'l40s-server',
    devices: ['0000:81:00.0/virtfn2 NVIDIA L40S-12Q'],
    says: /^\+ {4}<hostdev mode='subsystem' type='pci' managed='no'>/m,
  },
];
