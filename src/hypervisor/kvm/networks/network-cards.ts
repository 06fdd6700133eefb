import type {Rendered} from '../../../artifacts/rendered.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import type {PciFunction} from '../../../facts/pci.ts';
import type {Finding} from '../../../findings/finding.ts';
import type {PromiseResult} from '../../../findings/promise-result.ts';
import type {Plan} from '../../../plan/plan.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';

type Card = Pick<PciFunction, 'address'> & {readonly interface: string; readonly isUp: boolean | null};

/** Network cards of which guests get virtual functions, where their interface is known. */
const cardsOf = ({pci}: HostFacts, {devices}: Plan): readonly Card[] => {
  const addresses = new Set(
    devices.flatMap(({assigned}) =>
      assigned.type === 'pooled-function' || (assigned.type === 'virtual-function' && assigned.network !== null)
        ? [assigned.of]
        : [],
    ),
  );
  return pci.flatMap(({address, sriov}): readonly Card[] =>
    addresses.has(address) && sriov !== null && sriov.interface !== null
      ? [{address, interface: sriov.interface, isUp: sriov.isInterfaceUp}]
      : [],
  );
};

const isDown = ({isUp}: Card): boolean => isUp === false;

/**
 * libvirt sets MAC address and VLAN of a virtual function through the card, and does not start the guest while the card's
 * interface is down, as the card would forget them (libvirt: src/util/virnetdev.c, virNetDevSaveNetConfig).
 */
export const judgeNetworkCards = (facts: HostFacts, plan: Plan): Rendered => ({
  artifacts: [],
  findings: cardsOf(facts, plan)
    .filter(isDown)
    .map((card): Finding => ({
      code: 'vf-pf-is-down',
      severity: 'warning',
      subject: card.address,
      message: `The interface ${card.interface} of ${card.address} is down, and libvirt starts no guest with a virtual function of the card until it is up.`,
      remedy: `${remedyOf(card)} No address and no cable is needed.`,
    })),
});

const remedyOf = (card: Card): string =>
  `Have this host's network configuration bring ${card.interface} up at each boot; now: ip link set dev ${quoteForShell(card.interface)} up.`;

export const cardPromises = (facts: HostFacts, plan: Plan): readonly PromiseResult[] =>
  cardsOf(facts, plan).map((card): PromiseResult => ({
    id: 'vf-interface',
    status: card.isUp === null ? 'unknown' : card.isUp ? 'kept' : 'broken',
    promise: `The interface ${card.interface} of ${card.address} is up, so that libvirt can set up its virtual functions.`,
    fact: card.isUp === null ? 'Whether it is up is unknown.' : card.isUp ? 'It is up.' : 'It is down.',
    remedy: isDown(card) ? remedyOf(card) : null,
  }));
