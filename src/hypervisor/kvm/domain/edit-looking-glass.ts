import {attributeOf, childNamed, childrenNamed} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {LookingGlassPlan} from '../../../plan/plan.ts';
import {parseSizeKiB} from './domain-values.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';
import {screenWish} from './screen-and-media.ts';

/** The memory with the picture, and SPICE for keyboard, mouse, clipboard and sound. The installer has no use for either. */
export const editLookingGlass = ({plan, root}: EditContext): DomainEdit => {
  const {lookingGlass, phase, screen, isNew, sound} = plan.guest;
  if (lookingGlass === null) return nothing;
  const devices = childNamed(root, 'devices');
  const present = childrenNamed(devices, 'shmem').filter((shmem) => attributeOf(shmem, 'name') === lookingGlass.name);
  const isFile = lookingGlass.kvmfrDevice === null;
  if (phase === 'install') return {children: [], drops: present};
  const hasScreen = childrenNamed(devices, 'graphics').some((graphics) => attributeOf(graphics, 'type') === 'spice');
  const hasAgent = childrenNamed(devices, 'channel').some((channel) => attributeOf(channel, 'type') === 'spicevmc');
  const isSpice = screen === 'spice';
  // A guest that is there already may be silent on purpose.
  const isSilent = sound === null && (isNew || phase === 'prepare') && childNamed(devices, 'sound') === null;
  return {
    children: [
      ...(isFile ? [memoryWish(lookingGlass, present[0] ?? null)] : []),
      // A phase has screens of its own.
      ...(isSpice && phase === null && !hasScreen ? [screenWish('spice')] : []),
      ...(isSpice && !hasAgent ? [agentWish] : []),
      ...(isSpice && isSilent ? [soundWish] : []),
    ],
    drops: present.slice(isFile ? 1 : 0),
  };
};

const agentWish: Wish = {
  name: 'channel',
  existing: null,
  attributes: {type: 'spicevmc'},
  children: [{name: 'target', attributes: {type: 'virtio', name: 'com.redhat.spice.0'}}],
};

/** libvirt connects it with SPICE, which is the only backend of a guest with that screen (formatdomain, <audio>). */
const soundWish: Wish = {name: 'sound', existing: null, attributes: {model: 'ich9'}};

const memoryWish = ({name, sizeMiB}: LookingGlassPlan, existing: ReturnType<typeof childNamed>): Wish => {
  const size = childNamed(existing, 'size');
  const isSize = size !== null && parseSizeKiB(size.text, attributeOf(size, 'unit')) === sizeMiB * 1024;
  return {
    name: 'shmem',
    existing,
    ...(existing === null ? {attributes: {name}} : {}),
    children: [
      {name: 'model', attributes: {type: 'ivshmem-plain'}},
      ...(isSize ? [] : [{name: 'size', attributes: {unit: 'M'}, text: String(sizeMiB)}]),
    ],
    order: ['model', 'size', 'server', 'msi', 'alias', 'address'],
  };
};
