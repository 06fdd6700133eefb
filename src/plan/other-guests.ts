import {domainUse} from '../host/domain-use.ts';
import type {DomainUse} from '../host/domain-use.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Profile} from '../profile/profile.ts';
import {slotOf} from './describe-function.ts';
import {hasMemory} from './node-room.ts';

/** Another defined guest, with what it takes from the host. */
export type OtherGuest = {
  readonly name: string;
  readonly use: DomainUse;
  /** Two guests with one card never run at once, so that they may share everything else too. */
  readonly mayRunBeside: boolean;
  /** Memory that nothing else can have while it runs, by node: locked for a device, or set aside as huge pages. */
  readonly lockedKiB: ReadonlyMap<number, number>;
};

export const otherGuests = (facts: HostFacts, profile: Profile): readonly OtherGuest[] => {
  const slots = new Set(profile.devices.map(({address}) => slotOf(address)));
  return facts.libvirt.domains.filter(({name, xml}) => name !== profile.guest.name && xml !== null).map((domain) => {
    const use = domainUse(domain);
    const isLocked = use.pageKiB !== null || use.hostdevs.length > 0;
    return {name: domain.name, use, mayRunBeside: !use.hostdevs.some((address) => slots.has(slotOf(address))), lockedKiB: isLocked ? onNodes(facts, use) : new Map()};
  });
};

/** A guest that names no node has its memory wherever there is some: in equal parts, for want of better. */
const onNodes = (facts: HostFacts, use: DomainUse): ReadonlyMap<number, number> => {
  if (use.perNodeKiB.size > 0) return use.perNodeKiB;
  const nodes = facts.nodes.filter(hasMemory);
  return new Map(nodes.map(({id}) => [id, use.memoryKiB / nodes.length]));
};

/** CPUs that guests which may run at the same time are pinned to. */
export const takenCpus = (others: readonly OtherGuest[]): ReadonlySet<number> =>
  new Set(others.filter(({mayRunBeside}) => mayRunBeside).flatMap(({use}) => use.pinnedCpus));
