import type {HostFacts} from '../../facts/host-facts.ts';
import {isAtLeast} from '../../facts/versions.ts';
import type {Abilities} from '../../plan/context.ts';
import {proxmoxOf} from './proxmox-facts.ts';

/** What `qm` can say of a guest: no vCPU, I/O thread or thread of QEMU has a CPU of its own. */
export const proxmoxAbilities = (facts: HostFacts): Abilities => ({
  starter: 'Proxmox VE',
  keeper: 'vfio-pci',
  groups: true,
  hugepages: true,
  cells: true,
  memoryFollowsPins: false,
  takesPages: true,
  ioThreads: false,
  emulatorPins: false,
  vcpuPins: false,
  // Proxmox puts this in front of `romfile` (PVE::QemuServer::PCI).
  roms: {below: ['/usr/share/kvm/'], because: 'Proxmox VE takes ROM files only from', severity: 'blocker'},
  namesUsbPorts: true,
  replugsUsb: true,
  // PVE::QemuServer::PCI: a UUID made of the number of the line and the VMID.
  makesMediated: true,
  poolsFunctions: false,
  whyNoIsolation: null,
  whyNoHooks: 'on Proxmox VE vfio-pilot has no hook that runs when a guest starts and ends',
  whyNoVariants: 'at a guest’s start Proxmox VE binds to vfio-pci itself, and to no variant of it',
  variantsLost: variantsLost(facts),
});

/** `driver=keep` of hostpci came with qemu-server 9.0.25 (its debian/changelog). */
const variantsLost = (facts: HostFacts): Abilities['variantsLost'] => {
  const {qemuServerVersion} = proxmoxOf(facts);
  return isAtLeast(qemuServerVersion, '9.0.25')
    ? null
    : {
        because: `Proxmox VE puts vfio-pci in the place of every other driver, unless the guest says driver=keep, which qemu-server knows since 9.0.25${qemuServerVersion === null ? '' : `, and this is ${qemuServerVersion}`}`,
        remedy: 'If the guest needs the variant, upgrade Proxmox VE (apt update, apt full-upgrade), and plan again.',
      };
};
