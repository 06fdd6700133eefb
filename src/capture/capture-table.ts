import {fileTableOf} from '../boot/chains.ts';
import {type CaptureKind, type FileTable, looksAt} from '../facts/file-table.ts';
import {hostFiles} from '../host/files.ts';
import {signingFiles} from '../host/kernel/signing.ts';
import {xapiQuestions} from '../host/xen/xapi.ts';
import {xenQuestions} from '../host/xen/xen.ts';
import {outputDirectory, outputFile} from '../system/source.ts';

type Row = readonly [directory: string, names: string, kind?: CaptureKind];

/** What the readers of src/host look at. A reader of a new file adds its row here; boot chains and image systems bring their own. */
const rows: readonly Row[] = [
  ['/proc', 'cmdline cpuinfo interrupts iomem meminfo modules swaps version'],
  ['/proc', 'config.gz', 'verbatim'],
  ['/proc', 'mounts', 'mounts'],
  ['/proc/self', 'mountinfo', 'mounts'],
  ['/proc/net', 'route pppoe'],
  ['/proc/net', 'ipv6_route', 'ipv6-routes'],
  ['/proc/bus/input', 'devices'],
  ['/proc/sys/kernel', 'osrelease'],
  ['/proc/xen', 'capabilities'],

  ['/sys/devices/system/cpu', 'online present possible offline isolated'],
  ['/sys/devices/system/cpu/cpu*', 'online cpu_capacity node*'],
  ['/sys/devices/system/cpu/cpu*/topology', '*'],
  ['/sys/devices/system/cpu/cpu*/cache/index*', 'level type size id shared_cpu_list shared_cpu_map'],
  ['/sys/devices/cpu*', 'cpus'],
  ['/sys/devices/system/node', 'online possible has_cpu has_memory'],
  ['/sys/devices/system/node/node*', 'cpulist cpumap distance meminfo cpu*'],
  ['/sys/devices/system/node/node*/hugepages/*', 'nr_hugepages free_hugepages surplus_hugepages'],
  ['/sys/kernel/mm/hugepages/*', 'nr_hugepages free_hugepages'],
  ['/sys/kernel/mm/transparent_hugepage', 'enabled shmem_enabled'],
  ['/sys/fs/cgroup', 'cgroup.controllers'],
  ['/sys/kernel/security', 'lockdown'],
  ['/sys/kernel/irq/*', 'chip_name'],
  ['/sys/hypervisor', 'type uuid guest_type version/* properties/*'],
  ['/sys/bus/pci/drivers/pciback', 'slots'],

  [
    '/sys/bus/pci/devices/*',
    'class vendor device subsystem_vendor subsystem_device revision modalias numa_node boot_vga reset_method power_state driver_override sriov_* virtfn* local_cpulist enable driver iommu_group iommu physfn',
  ],
  ['/sys/bus/pci/devices/*', 'resource resource?_resize', 'verbatim'],
  ['/sys/bus/pci/devices/*', 'config', 'config-space'],
  ['/sys/bus/pci/devices/*', 'mdev_supported_types'],
  ['/sys/bus/pci/devices/*/nvidia', 'current_vgpu_type creatable_vgpu_types'],
  ['/sys/bus/pci/devices/*/sriov_admin/*/profile', 'exec_quantum_ms preempt_timeout_us sched_priority vram_quota'],
  ['/sys/bus/usb/devices', '*'],
  [
    '/sys/bus/usb/devices/*-*',
    'idVendor idProduct bcdDevice bDeviceClass manufacturer product bInterfaceClass bInterfaceSubClass bInterfaceProtocol',
  ],
  ['/sys/class/mdev_bus', '*'],
  ['/sys/class/mdev_bus/*', 'driver numa_node'],
  ['/sys/class/mdev_bus/*/mdev_supported_types/*', 'device_api available_instances name description'],
  ['/sys/bus/mdev/devices', '*'],
  ['/sys/bus/mdev/devices/*', 'mdev_type'],
  ['/etc/udev/rules.d', '60-mdevctl.rules'],
  ['/usr/lib/udev/rules.d', '60-mdevctl.rules'],
  ['/lib/udev/rules.d', '60-mdevctl.rules'],
  ['/sys/kernel/iommu_groups/*', 'type name reserved_regions devices/*'],
  ['/sys/class/iommu', '*'],
  ['/sys/class/iommu/*/intel-iommu', 'cap ecap version'],
  ['/sys/class/iommu/*/amd-iommu', 'cap features'],
  ['/sys/firmware', 'acpi'],
  ['/sys/firmware/acpi/tables', '.'],
  ['/sys/firmware/acpi/tables', 'DMAR RMAD IVRS SRAT SLIT', 'verbatim'],
  ['/sys/module/kvm*/parameters', '*'],
  ['/sys/module/vfio*/parameters', '*'],
  ['/sys/module/iommufd/parameters', '*'],
  ['/sys/module/apparmor/parameters', 'enabled'],
  ['/sys/fs/selinux', 'enforce'],

  ['/sys/class/drm', 'card*'],
  ['/sys/class/drm/card*', 'status boot_display device'],
  ['/sys/class/drm/card*/device', 'boot_display'],
  ['/sys/class/graphics', 'fb*'],
  ['/sys/class/graphics/fb*', 'name device'],
  ['/sys/class/net', '*'],
  ['/sys/class/net/*', 'device flags ifindex iflink master tun_flags lower_* bridge brif/* bonding/slaves'],
  ['/sys/class/bluetooth', 'hci*'],
  ['/sys/class/tty', 'ttyS*'],
  ['/sys/class/tty/ttyS*', 'device'],
  ['/sys/class/tty/console', 'active'],
  ['/sys/class/dmi/id', 'chassis_type'],
  ['/sys/class/block', '*'],
  ['/sys/class/block/*', 'dev partition dm/name dm/uuid slaves/* md/level loop/backing_file bcache bcache/cache'],
  ['/sys/fs/bcache/*', 'cache*'],
  ['/sys/block', '*'],
  ['/sys/block/*', 'slaves/* dm/name dm/uuid'],
  ['/sys/block/*/*', 'partition'],
  ['/sys/dev/block', '*'],
  ['/sys/class/nvme', 'nvme*'],
  ['/sys/class/nvme/*', 'cntlid'],
  ['/sys/class/nvme-subsystem/*', 'nvme*'],
  ['/sys/fs/btrfs/*/devices', '*'],

  ['/dev', 'kvm', 'presence'],
  ['/usr/share/qemu/vhost-user', '*.json'],
  ['/etc/qemu/vhost-user', '*.json'],
  ['/usr/libexec', 'virtiofsd', 'presence'],
  ['/usr/lib', 'virtiofsd qemu/virtiofsd', 'presence'],
  ['/dev/shm', 'looking-glass*', 'presence'],
  ['/run/user/*', 'pipewire-0', 'presence'],
  ['/dev/input/by-id', '*'],
  ['/sys/class/input', 'event*'],
  ['/dev/disk/by-uuid', '*'],
  ['/dev/disk/by-partuuid', '*'],
  ['/dev/disk/by-label', '*'],
  ['/dev/disk/by-partlabel', '*'],
  ['/dev/mapper', '*'],
  ['/run', 'libvirtd.pid virtqemud.pid', 'presence'],
  ['/run/udev/data', 'b*', 'udev'],

  ['/etc', 'fstab hostname os-release'],
  ['/etc/kernel', 'install.conf'],
  ['/etc/systemd/system/*.wants', 'libvirtd.* virtqemud.*'],
  ['/etc/libvirt', 'qemu/autostart/* qemu/networks/*.xml qemu/networks/autostart/* storage/*.xml libxl/*.xml'],
  ['/etc/qemu/firmware', '*.json'],
  ['/etc/xen', 'xl.conf'],
  // Of a capture that is captured again.
  [outputDirectory, 'xe_*', 'xapi'],
  [outputDirectory, '*'],

  ['/boot', 'config-*'],
  ['/boot', 'xen-*.gz', 'presence'],
  ['/boot', 'vmlinuz-* kernel-* initramfs-* initrd-* initrd.img-*', 'presence'],

  ['/lib/modules/*', 'modules.builtin modules.builtin.modinfo modules.dep modules.alias', 'verbatim'],
  ['/lib/modules/*', 'config', 'verbatim'],
  ['/usr/share/misc', 'pci.ids', 'verbatim'],
  ['/usr/share/hwdata', 'pci.ids', 'verbatim'],
  ['/usr/share/qemu/firmware', '*.json'],
  ['/usr/share/OVMF', 'OVMF_*', 'presence'],
  ['/usr/share/ovmf', 'OVMF.fd', 'presence'],
  ['/usr/share/qemu', 'OVMF.fd', 'presence'],
  ['/usr/lib/xen/boot', 'ovmf.bin hvmloader', 'presence'],
  ['/usr/share/edk2/x64', '*', 'presence'],
  ['/usr/share/edk2/ovmf', '*', 'presence'],
  ['/usr/share/qemu', 'ovmf-x86_64-code.bin ovmf-x86_64-vars.bin edk2-*', 'presence'],
  ['/usr/sbin', 'libvirtd virtqemud irqbalance mdevctl qm', 'presence'],
  ['/usr/bin', 'apt-get dnf pacman rpm-ostree zypper', 'presence'],
  ['/usr/bin', 'qemu-system-x86_64 qemu-kvm kvm swtpm libvirtd virtqemud irqbalance mdevctl', 'presence'],
  ['/usr/libexec', 'qemu-kvm', 'presence'],
  ['/usr/lib/x86_64-linux-gnu/qemu', '*.so', 'presence'],
  ['/usr/lib64/qemu', '*.so', 'presence'],
  ['/usr/lib64/qemu-kvm', '*.so', 'presence'],
  ['/usr/lib/qemu', '*.so', 'presence'],
  ['/var/lib/dpkg', 'diversions'],
  ['/var/lib/dpkg', 'status', 'dpkg'],
  ['/var/lib/pacman/local', 'libvirt-* qemu-* dracut-* mkinitcpio-* booster-*'],
];

export const captureTable: FileTable = [
  ...rows.map(([directory, names, kind]) => looksAt(directory, names, kind)),
  ...hostFiles,
  ...signingFiles,
  ...fileTableOf(),
];

/** Programs that only read, whose output a capture keeps: nothing else tells these facts. */
export const capturedOutputs: readonly {
  readonly argv: readonly [string, ...string[]];
  readonly path: string;
  readonly kind: CaptureKind;
}[] = [
  ...xenQuestions.map((argv) => ({argv, path: outputFile(argv), kind: 'scrubbed'}) as const),
  ...xapiQuestions.map(
    (argv) => ({argv, path: outputFile(argv), kind: argv[0] === 'xe' ? 'xapi' : 'scrubbed'}) as const,
  ),
];
