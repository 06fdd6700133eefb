import {slotOf, splitPciAddress} from '../../host/pci-address.ts';
import type {PlannedDevice} from '../../plan/plan.ts';
import type {EditContext} from './edit-context.ts';
import {guestAddressOf, sourceOf} from './guest-addresses.ts';
import type {GuestAddress} from './guest-addresses.ts';
import {freeSlots} from './guest-slots.ts';
import {childNamed} from './xml-element.ts';

export type Placed = {readonly device: PlannedDevice; readonly guest: GuestAddress};

type Card = readonly PlannedDevice[];

/** The functions of a card share a place in the guest, as drivers of graphics and its sound expect. */
export const placeCards = (context: EditContext, cards: readonly Card[]): {readonly placed: readonly Placed[]; readonly newPorts: readonly number[]} => {
  const joined = cards.map((card) => joinSiblings(context, card));
  const homeless = cards.filter((_, index) => joined[index] === null);
  const slots = freeSlots(context.root, homeless.length);
  if (slots.length < homeless.length) reportFull(context, homeless[slots.length]?.[0]);
  const settled = homeless.flatMap((card, index) => {
    const slot = slots[index];
    return slot === undefined ? [] : placeOnSlot(card, slot);
  });
  return {
    placed: [...joined.flatMap((placed) => placed ?? []), ...settled],
    newPorts: slots.flatMap((slot) => slot.newPort ?? []),
  };
};

/** Function 0 must be there, or the guest does not look for others; where the card's is, the numbers are the card's. */
const placeOnSlot = (card: Card, {bus, slot}: {readonly bus: number; readonly slot: number}): readonly Placed[] =>
  [...card]
    .sort((a, b) => splitPciAddress(a.address).number - splitPciAddress(b.address).number)
    .map((device, index) => {
      const number = index === 0 ? 0 : splitPciAddress(device.address).number;
      return {device, guest: {bus, slot, number, isMultifunction: index === 0 && card.length > 1}};
    });

/** Beside a function of the same card that the guest has already, if that one was made to have siblings. */
const joinSiblings = ({root}: EditContext, card: Card): readonly Placed[] | null => {
  const devices = childNamed(root, 'devices')?.children ?? [];
  const guests = devices.flatMap((device) => guestAddressOf(device) ?? []);
  const [first] = card;
  const head = devices
    .filter((device) => first !== undefined && slotOf(sourceOf(device) ?? '') === slotOf(first.address))
    .map(guestAddressOf)
    .find((guest) => guest?.number === 0 && guest.isMultifunction);
  if (head === undefined || head === null) return null;
  const taken = new Set(guests.filter((guest) => guest.bus === head.bus && guest.slot === head.slot).map((guest) => guest.number));
  const free = [1, 2, 3, 4, 5, 6, 7].filter((number) => !taken.has(number));
  if (free.length < card.length) return null;
  return card.map((device, index) => ({device, guest: {bus: head.bus, slot: head.slot, number: free[index] ?? 0, isMultifunction: false}}));
};

const reportFull = ({report, root}: EditContext, device: PlannedDevice | undefined): void =>
  report('blocker', 'guest-xml-unusable', {
    element: childNamed(root, 'devices'),
    message: `The guest has no free PCI bus or slot left for ${device?.address ?? 'the device'}.`,
    remedy: 'Take devices out of the guest with `virsh edit`, then plan again.',
  });
