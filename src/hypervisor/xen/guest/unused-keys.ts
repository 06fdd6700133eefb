import type {Profile} from '../../../profile/profile.ts';
import type {UnusedKey} from '../../judge-unused-keys.ts';
import {libvirtOnly, libvirtOnlyKeys} from '../../libvirt-only-keys.ts';

/** What does not exist under Xen. */
export const unusedKeys = [
  'cpu.emulator',
  'cpu.iothreads',
  'memory.hugepages',
  'memory.allocation',
  'memory.node',
  'guest.tpm',
  'guest.hideHypervisor',
  'guest.hypervVendorId',
  'guest.nvidiaDriver',
  'guest.hyperv',
  'guest.diskSize',
  'guest.diskFormat',
  'guest.diskBus',
  'guest.diskPool',
  'guest.drivers',
  ...libvirtOnlyKeys,
  'guest.numaCell',
  'guest.mapping',
  'guest.hookscript',
  'host.allowUnsafeInterrupts',
  'host.iommuPassthrough',
  'host.ignoreMsrs',
  'host.disableIdleD3',
] as const;

/** Those that can be told from a default. `toolstack`: who sets guests up under Xen. */
export const keysWithoutEffect = (
  {cpu, memory, guest, host}: Profile,
  toolstack: 'xl' | 'XAPI' = 'xl',
): readonly UnusedKey[] => [
  {subject: 'cpu.emulator', isSet: cpu.emulator !== 'auto', why: 'the device model runs in dom0, on dom0’s CPUs'},
  {
    subject: 'cpu.iothreads',
    isSet: cpu.iothreads !== 'auto' && cpu.iothreads.length > 0,
    why: `${toolstack} has no I/O threads`,
  },
  {
    subject: 'memory.hugepages',
    isSet: memory.hugepages === '2MiB' || memory.hugepages === '1GiB',
    why: 'Xen backs the guest with large pages by itself where it can',
  },
  {
    subject: 'memory.node',
    isSet: memory.node !== 'auto',
    why: 'Xen takes the memory from the nodes of the CPUs that the guest is pinned to',
  },
  {subject: 'guest.tpm', isSet: guest.tpm === true, why: `${toolstack} gives a guest no TPM`},
  {
    subject: 'guest.hideHypervisor',
    isSet: guest.hideHypervisor === true,
    why: 'Xen can’t be hidden from a guest; NVIDIA’s driver accepts it since R465',
  },
  {subject: 'guest.hypervVendorId', isSet: guest.hypervVendorId !== 'auto', why: `${toolstack} sets no vendor id`},
  {
    subject: 'guest.hyperv',
    isSet: guest.hyperv !== 'auto',
    why: `${toolstack} has its own names for them (viridian), and a Windows guest gets the usual ones`,
  },
  {
    subject: 'guest.diskSize',
    isSet: guest.diskSizeMiB !== null,
    why: 'this version makes disks for guests of libvirt only: make the image yourself, and name it as guest.disk',
  },
  {subject: 'guest.drivers', isSet: guest.drivers !== null, why: 'add a second medium to the guest’s file by hand'},
  ...libvirtOnly(guest),
  {subject: 'guest.numaCell', isSet: guest.numaCell !== 'auto', why: 'this version shows no nodes to a guest of Xen'},
  {subject: 'guest.mapping', isSet: guest.mapping, why: 'resource mappings belong to Proxmox VE'},
  {subject: 'guest.hookscript', isSet: guest.hookscript, why: `${toolstack} pins each vCPU without a script`},
  {
    subject: 'host.allowUnsafeInterrupts',
    isSet: host.allowUnsafeInterrupts,
    why: 'Xen remaps interrupts itself (its argument iommu=intremap)',
  },
  {subject: 'host.iommuPassthrough', isSet: host.iommuPassthrough, why: 'dom0’s kernel does not have the IOMMU'},
  {subject: 'host.ignoreMsrs', isSet: host.ignoreMsrs, why: 'it is an option of KVM'},
  {subject: 'host.disableIdleD3', isSet: host.disableIdleD3, why: 'it is an option of vfio-pci'},
];
