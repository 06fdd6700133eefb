import type {HostFacts} from '../../facts/host-facts.ts';
import {about, type Check} from '../../findings/check.ts';
import {checkKvm} from '../check-kvm.ts';
import {cardsAtBoot, keepOff, pagesLost} from './judge-host.ts';
import {nameOfGuest, proxmoxOf} from './proxmox-facts.ts';
import {count} from '../../words/count.ts';

export const checkProxmoxHost = (facts: HostFacts): readonly Check[] => [
  checkKvm(facts),
  checkProxmox(facts),
  checkCards(facts),
  ...checkPages(facts),
];

const checkProxmox = (facts: HostFacts): Check => {
  const {ok, warning} = about('proxmox', 'Proxmox VE');
  const {version, guests, isQuorate, nodes} = proxmoxOf(facts);
  const what = `Proxmox VE ${version ?? 'of unknown version'}, ${count(guests.length, 'guest')} on this node${nodes.length > 1 ? ` of ${nodes.length}` : ''}`;
  return isQuorate === false
    ? warning(`${what}. The cluster has no quorum here, so nothing can be changed.`, 'Look at `pvecm status`.')
    : ok(`${what}.`);
};

const checkCards = (facts: HostFacts): Check => {
  const {info, error} = about('proxmox-cards', 'Cards of guests');
  const {guests} = proxmoxOf(facts);
  const [first] = cardsAtBoot(facts);
  if (first !== undefined)
    return error(
      `Guest ${nameOfGuest(first.guest)} starts with the host and takes ${first.need.address}, which the host needs: ${first.need.chain}.`,
      `${keepOff(first.guest)}, and take the card out of ${first.guest.path}.`,
    );
  const holders = guests.filter(({hosts}) => hosts.length > 0);
  return info(
    holders.length === 0
      ? 'No guest of this node has a card.'
      : `${holders.map((guest) => `${guest.vmid}${guest.name === null ? '' : ` (${guest.name})`} has ${guest.hosts.join(', ')}`).join('; ')}.`,
  );
};

const checkPages = (facts: HostFacts): readonly Check[] => {
  const lost = pagesLost(facts);
  return lost === null
    ? []
    : [
        about('proxmox-pages', 'Huge pages').warning(
          lost,
          'Take hugepages= off the kernel command line, or write it as hugepagesz=2M hugepages=NUMBER.',
        ),
      ];
};
