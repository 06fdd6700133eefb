import type {Abilities} from '../../plan/context.ts';

/** What `qm` can say of a guest: no vCPU, I/O thread or thread of QEMU has a CPU of its own. */
export const proxmoxAbilities: Abilities = {
  starter: 'Proxmox VE',
  groups: true,
  hugepages: true,
  takesPages: true,
  ioThreads: false,
  emulatorPins: false,
  vcpuPins: false,
  // Proxmox puts this in front of `romfile` (PVE::QemuServer::PCI).
  roms: {below: ['/usr/share/kvm/'], because: 'Proxmox VE takes ROM files only from', severity: 'blocker'},
  whyNoHooks: 'on Proxmox VE vfio-pilot has no hook that runs when a guest starts and ends',
  whyNoVariants: 'Proxmox VE binds to vfio-pci itself, and leaves alone what has a driver of vfio already',
};
