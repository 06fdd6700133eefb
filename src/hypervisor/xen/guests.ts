import {domainUse} from '../../facts/domain-use.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {ioThreadsOf} from '../../facts/io-threads.ts';
import type {DefinedGuest} from '../../plan/other-guest.ts';
import {xenOf} from './xen-facts.ts';

/** Guests of /etc/xen, and of libvirt where somebody has installed that too. */
export const xenGuests = (facts: HostFacts): readonly DefinedGuest[] => {
  const {guests, libvirt} = xenOf(facts);
  return [
    ...guests
      .filter(({problem}) => problem === null)
      .map(({name, hosts, memoryMiB, pinnedCpus, disks}) => ({
        name,
        alias: null,
        use: {
          pinnedCpus,
          hostdevs: hosts,
          mediated: [],
          pools: [],
          usb: [],
          memoryKiB: memoryMiB * 1024,
          pageKiB: null,
          perNodeKiB: new Map<number, number>(),
          disks,
          ioThreads: ioThreadsOf(null),
        },
      })),
    ...libvirt.domains
      .filter(({xml}) => xml !== null)
      .map((domain) => ({name: domain.name, alias: null, use: domainUse(domain, libvirt)})),
  ];
};
