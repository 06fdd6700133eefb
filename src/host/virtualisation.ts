import {domainDisks} from '../facts/domain-use.ts';
import type {DomainFacts, ProxmoxGuest, VirtualisationFacts} from '../facts/virtualisation.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PciAddress} from '../facts/pci-address.ts';
import type {Source} from '../system/source.ts';
import {readDomains} from './libvirt/libvirt-domains.ts';
import {readLibvirt} from './libvirt/libvirt.ts';
import type {GuestDisks} from './needs/data-needs.ts';
import {readProxmox, readProxmoxGuests} from './proxmox/proxmox.ts';
import type {Note} from './reader.ts';
import {machineBelow} from './xen/machine.ts';
import {readXen, readXenDisks} from './xen/xen.ts';

/**
 * What starts guests here. Under Xen nothing else can; Proxmox VE comes before libvirt: its packages and those of a
 * distribution's QEMU exclude each other.
 */
export const readVirtualisation = (
  source: Source,
  note: Note,
  addresses: readonly PciAddress[],
): VirtualisationFacts => {
  const libvirt = readLibvirt(source, note);
  return readXen(source, addresses, libvirt) ?? readProxmox(source, libvirt) ?? libvirt;
};

/** The machine as the hypervisor knows it, where the kernel that answers is one of its guests. */
export const machineOf = (
  virtualisation: VirtualisationFacts,
  seen: Pick<HostFacts, 'cpu' | 'nodes' | 'memory' | 'pci' | 'iommu'>,
): typeof seen =>
  virtualisation.kind === 'xen' && virtualisation.role !== 'guest' ? machineBelow(virtualisation, seen) : seen;

/** Block devices of the host that guests write to. */
export const guestDisksOf = (virtualisation: VirtualisationFacts): readonly GuestDisks[] =>
  virtualisation.kind === 'xen'
    ? [...disksOf(virtualisation.libvirt.domains, []), ...virtualisation.guests]
    : virtualisation.kind === 'proxmox'
      ? disksOf(virtualisation.libvirt.domains, virtualisation.guests)
      : disksOf(virtualisation.domains, []);

/** The same where nothing else of the guests is asked. */
export const readGuestDisks = (source: Source, note: Note): readonly GuestDisks[] => [
  ...disksOf(
    readDomains(source, () => null, note),
    readProxmoxGuests(source),
  ),
  ...readXenDisks(source),
];

const disksOf = (domains: readonly DomainFacts[], guests: readonly ProxmoxGuest[]): readonly GuestDisks[] => [
  ...domains.map((domain) => ({name: domain.name, disks: domainDisks(domain)})),
  ...guests.map(({vmid, name, disks}) => ({name: name ?? String(vmid), disks})),
];
