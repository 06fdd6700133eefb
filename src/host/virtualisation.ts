import {domainDisks} from '../facts/domain-use.ts';
import type {DomainFacts, ProxmoxGuest, VirtualisationFacts} from '../facts/virtualisation.ts';
import type {Source} from '../system/source.ts';
import {readDomains} from './libvirt/libvirt-domains.ts';
import {readLibvirt} from './libvirt/libvirt.ts';
import type {GuestDisks} from './needs/data-needs.ts';
import {readProxmox, readProxmoxGuests} from './proxmox/proxmox.ts';
import type {Note} from './reader.ts';

/** What starts guests here. Proxmox VE comes first: its packages and those of a distribution's QEMU exclude each other. */
export const readVirtualisation = (source: Source, note: Note): VirtualisationFacts => {
  const libvirt = readLibvirt(source, note);
  return readProxmox(source, libvirt) ?? libvirt;
};

/** Block devices of the host that guests write to. */
export const guestDisksOf = (virtualisation: VirtualisationFacts): readonly GuestDisks[] =>
  virtualisation.kind === 'proxmox'
    ? disksOf(virtualisation.libvirt.domains, virtualisation.guests)
    : disksOf(virtualisation.domains, []);

/** The same where nothing else of the guests is asked. */
export const readGuestDisks = (source: Source, note: Note): readonly GuestDisks[] =>
  disksOf(
    readDomains(source, () => null, note),
    readProxmoxGuests(source),
  );

const disksOf = (domains: readonly DomainFacts[], guests: readonly ProxmoxGuest[]): readonly GuestDisks[] => [
  ...domains.map((domain) => ({name: domain.name, disks: domainDisks(domain)})),
  ...guests.map(({vmid, name, disks}) => ({name: name ?? String(vmid), disks})),
];
