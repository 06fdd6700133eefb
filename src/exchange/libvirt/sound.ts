import {attributeOf, childNamed, elementsAt, type XmlElement} from '../../formats/xml/document.ts';
import {readValue} from '../../profile/codec.ts';
import type {ProfileGuest} from '../../profile/profile.ts';
import {absolutePath} from '../../profile/scalars.ts';

type Sound = Pick<ProfileGuest, 'sound' | 'soundRuntimeDir'>;

/** The sound card of a domain as a profile can say it: one ich9, whose sound goes where the domain names it. */
export const importedSound = (root: XmlElement): Sound | null => {
  const [card, second] = elementsAt(root, 'devices/sound');
  if (card === undefined || second !== undefined || attributeOf(card, 'model') !== 'ich9') return null;
  const id = attributeOf(childNamed(card, 'audio'), 'id');
  const player = elementsAt(root, 'devices/audio').find((one) => attributeOf(one, 'id') === id) ?? null;
  if (id === null || player === null) return null;
  const type = attributeOf(player, 'type');
  const hasSpice = elementsAt(root, 'devices/graphics').some((one) => attributeOf(one, 'type') === 'spice');
  if (type === 'spice' && hasSpice) return {sound: 'spice', soundRuntimeDir: null};
  const soundRuntimeDir = readValue(absolutePath, attributeOf(player, 'runtimeDir'));
  return type === 'pipewire' && soundRuntimeDir !== null ? {sound: 'pipewire', soundRuntimeDir} : null;
};
