import {isAtLeast} from '../../../facts/versions.ts';
import {libvirtOf} from '../../../facts/virtualisation.ts';
import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {SoundPlan} from '../../../plan/plan.ts';
import {parseWholeNumber} from './domain-values.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';
import {screenInRun} from './edit-phase.ts';
import {screenWish} from './screen-and-media.ts';

const cardOrder = ['codec', 'audio', 'driver', 'alias', 'address'];

/** The emulated sound card and what plays it. Without a word in the profile, what the guest has of both stays. */
export const editSound = (context: EditContext): DomainEdit => {
  const {sound, phase, lookingGlass} = context.plan.guest;
  const devices = childNamed(context.root, 'devices');
  const cards = childrenNamed(devices, 'sound');
  if (sound === null) return nothing;
  if (sound.backend === 'none' || !isPlayed(context, sound)) return {children: [], drops: cards};
  const hasScreen = childrenNamed(devices, 'graphics').some((one) => attributeOf(one, 'type') === 'spice');
  // In a phase, and with Looking Glass, that part of the edit makes the screen.
  const needsScreen = sound.backend === 'spice' && !hasScreen && phase === null && lookingGlass === null;
  const screens = needsScreen ? [screenWish('spice')] : [];
  if (!namesBackends(context)) return {children: [...screens, ...(cards.length === 0 ? [plainCard] : [])], drops: []};
  const players = childrenNamed(devices, 'audio');
  const player = players.find((one) => attributeOf(one, 'type') === sound.backend) ?? null;
  const id = attributeOf(player, 'id') ?? freeId(players);
  return {
    children: [
      ...screens,
      ...(cards.length === 0 ? [cardWish(null, id)] : cards.map((card) => cardWish(card, id))),
      playerWish(player, id, sound),
    ],
    drops: [],
  };
};

const plainCard: Wish = {name: 'sound', existing: null, attributes: {model: 'ich9'}};

/** Tried with 9.0; earlier ones play the sound of a guest with SPICE there by themselves (formatdomain, <audio>). */
const namesBackends = ({facts}: EditContext): boolean => {
  const {version} = libvirtOf(facts);
  return version === null || isAtLeast(version, '9.0.0');
};

/** The window of SPICE plays it, and goes with the emulated screen. */
const isPlayed = (context: EditContext, {backend}: SoundPlan): boolean =>
  backend !== 'spice' || context.plan.guest.phase !== 'run' || screenInRun(context) !== 'none';

/** Without a child the first backend plays it (libvirt: formatdomain, "Audio backends"). */
const cardWish = (existing: XmlElement | null, id: string): Wish => ({
  name: 'sound',
  existing,
  ...(existing === null ? {attributes: plainCard.attributes ?? {}} : {}),
  children: [{name: 'audio', attributes: {id}}],
  order: cardOrder,
});

const playerWish = (existing: XmlElement | null, id: string, {backend, runtimeDir}: SoundPlan): Wish => ({
  name: 'audio',
  existing,
  attributes: {
    ...(existing === null ? {id, type: backend} : {}),
    ...(runtimeDir === null ? {} : {runtimeDir}),
  },
});

const freeId = (players: readonly XmlElement[]): string => {
  const used = players.map((player) => parseWholeNumber(attributeOf(player, 'id')));
  let id = 1;
  while (used.includes(id)) id += 1;
  return String(id);
};
