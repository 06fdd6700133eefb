import type {Profile} from '../../../profile/profile.ts';
import type {UnusedKey} from '../../judge-unused-keys.ts';
import {libvirtOnly, libvirtOnlyKeys} from '../../libvirt-only-keys.ts';

export const unusedKeys = [
  'cpu.emulator',
  'cpu.iothreads',
  'cpu.pool',
  'memory.allocation',
  'guest.disk',
  'guest.diskSize',
  'guest.diskFormat',
  'guest.diskBus',
  'guest.diskPool',
  'guest.drivers',
  ...libvirtOnlyKeys,
  'guest.network',
  'guest.hyperv',
  'guest.numaCell',
] as const;

/** Those that can be told from a default. */
export const keysWithoutEffect = ({cpu, guest}: Profile): readonly UnusedKey[] => [
  {subject: 'cpu.pool', isSet: cpu.pool !== 'none', why: 'pools of CPUs belong to Xen'},
  {
    subject: 'cpu.emulator',
    isSet: cpu.emulator !== 'auto',
    why: 'Proxmox VE gives QEMU’s own threads the same cores as the vCPUs (affinity)',
  },
  {
    subject: 'cpu.iothreads',
    isSet: cpu.iothreads !== 'auto' && cpu.iothreads.length > 0,
    why: 'Proxmox VE gives I/O threads the same cores as the vCPUs (affinity)',
  },
  {
    subject: 'guest.disk',
    isSet: guest.disk !== 'auto',
    why: 'on Proxmox VE a disk is a volume of a storage, which qm set makes after apply',
  },
  {
    subject: 'guest.diskSize',
    isSet: guest.diskSizeMiB !== null,
    why: 'on Proxmox VE a disk is a volume of a storage, which qm set makes after apply',
  },
  {
    subject: 'guest.drivers',
    isSet: guest.drivers !== null,
    why: 'on Proxmox VE a second medium is added by qm set',
  },
  ...libvirtOnly(guest),
  {
    subject: 'guest.hyperv',
    isSet: guest.hyperv !== 'auto',
    why: 'Proxmox VE chooses the Hyper-V features from the guest’s ostype itself',
  },
  {
    subject: 'guest.numaCell',
    isSet: guest.numaCell !== 'auto',
    why: 'Proxmox VE shows the guest one node for each numa line, and huge pages need these',
  },
];
