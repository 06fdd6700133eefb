import {domainUse} from '../../facts/domain-use.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {ioThreadsOf} from '../../facts/io-threads.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {ProxmoxGuest} from '../../facts/virtualisation.ts';
import {coversFunction} from '../../formats/qemu-server/hostpci.ts';
import type {DefinedGuest} from '../../plan/other-guest.ts';
import {nameOfGuest, proxmoxOf} from './proxmox-facts.ts';

/** Guests of qm, and of libvirt where somebody has installed that too. A template never starts. */
export const proxmoxGuests = (facts: HostFacts): readonly DefinedGuest[] => {
  const {guests, libvirt} = proxmoxOf(facts);
  return [
    ...guests.filter(({isTemplate}) => !isTemplate).map((guest) => definedGuest(facts.pci, guest)),
    ...libvirt.domains
      .filter(({xml}) => xml !== null)
      .map((domain) => ({name: domain.name, alias: null, use: domainUse(domain, libvirt)})),
  ];
};

const definedGuest = (pci: readonly PciFunction[], guest: ProxmoxGuest): DefinedGuest => ({
  name: nameOfGuest(guest),
  alias: String(guest.vmid),
  use: {
    // Its affinity is a range in which the host places the threads.
    pinnedCpus: [],
    hostdevs: functionsOf(pci, guest.hosts),
    pools: [],
    mediated: functionsOf(pci, guest.mediatedHosts).map((parent) => ({uuid: null, parent})),
    usb: [],
    memoryKiB: guest.memoryMiB * 1024,
    pageKiB: guest.pageKiB,
    perNodeKiB: new Map(Object.entries(guest.perNodeMiB).map(([node, size]) => [Number(node), size * 1024])),
    disks: guest.disks,
    ioThreads: ioThreadsOf(null),
  },
});

export const functionsOf = (pci: readonly PciFunction[], hosts: readonly string[]): readonly PciAddress[] =>
  pci.filter(({address}) => hosts.some((host) => coversFunction(host, address))).map(({address}) => address);
