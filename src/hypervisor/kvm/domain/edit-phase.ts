import {
  allElements,
  attributeOf,
  childNamed,
  childrenNamed,
  elementsAt,
  type XmlElement,
} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {AssignedDevice, PlannedDevice} from '../../../plan/plan.ts';
import {showsOnCard} from '../../../plan/device/card-outputs.ts';
import {quoteForShell} from '../../../words/quote-for-shell.ts';
import {parseWholeNumber} from './domain-values.ts';
import {type DomainEdit, type EditContext, joinEdits} from './edit-context.ts';
import {isNamedBy} from './edit-hostdevs.ts';
import {editInput} from './edit-input.ts';
import {uuidOf} from './edit-mediated.ts';
import {pooledHolder} from './edit-pooled.ts';
import {sourceOf} from './place-cards.ts';
import {mediumWish, type Screen, screenWish, videoWish} from './screen-and-media.ts';

/** During the installation the guest does without what it takes from the host; a USB device is no trouble then. */
const isAttached = ({plan}: EditContext, {assigned}: PlannedDevice): boolean =>
  plan.guest.phase !== 'install' || assigned.type === 'usb';

/** The plan as far as the guest has it in its phase. */
export const inPhase = (context: EditContext): EditContext => ({
  ...context,
  plan: {...context.plan, devices: context.plan.devices.filter((device) => isAttached(context, device))},
});

/** Screen, keyboard, mouse and media of the phase, and the devices that the guest does not have in it. */
export const editPhase = (context: EditContext): DomainEdit => {
  const {phase} = context.plan.guest;
  if (phase === null) return editInput(context, null);
  const show = phase === 'run' ? chooseScreen(context) : 'emulated';
  return joinEdits([withheld(context), editScreen(context, show), editInput(context, show), editMedia(context)]);
};

const withheld = (context: EditContext): DomainEdit => {
  const away = context.plan.devices.filter((device) => !isAttached(context, device)).map(({assigned}) => assigned);
  return {
    children: [],
    drops: devicesOf(context).filter((device) => away.some((one) => isHolder(context, one, device))),
  };
};

const isHolder = (context: EditContext, one: AssignedDevice, device: XmlElement): boolean => {
  if (one.type === 'mediated-device') return one.uuid === uuidOf(device);
  return one.type === 'pooled-function' ? device === pooledHolder(context, one) : isNamedBy(one, sourceOf(device));
};

/** Looking Glass takes the picture from shared memory, and keyboard and mouse go through the window's connection. */
export const screenInRun = ({plan, root}: EditContext): Screen => {
  const isShared =
    plan.guest.lookingGlass !== null ||
    childrenNamed(childNamed(root, 'devices'), 'shmem').length > 0 ||
    allElements(root).some((element) => (attributeOf(element, 'value') ?? '').includes('ivshmem'));
  const isInWindow = plan.devices.some(({assigned}) => assigned.type === 'mediated-device' && assigned.display);
  if (isShared || isInWindow) return 'window';
  return plan.devices.some(isCard) ? 'none' : 'emulated';
};

const chooseScreen = (context: EditContext): Screen => {
  const screen = screenInRun(context);
  if (screen === 'none') tellLast(context);
  if (screen === 'emulated')
    context.report('note', 'guest-without-display', {
      element: childNamed(context.root, 'devices'),
      message: 'No device of the profile has a screen of its own, so the guest keeps its emulated one.',
      remedy: 'Nothing to do. A shared memory for Looking Glass, or display: yes for a slice, would show its picture.',
    });
  return screen;
};

/** A slice and a virtual function of a card have no connectors. */
const isCard = ({assigned, class: kind}: PlannedDevice): boolean =>
  assigned.type === 'pci' && kind?.startsWith('03') === true;

/** Only where there is an emulated screen still. */
const tellLast = ({plan, root, report}: EditContext): void => {
  const [screen] = childrenNamed(childNamed(root, 'devices'), 'graphics');
  if (screen === undefined) return;
  const {name, os, firmware} = plan.guest;
  const isWindows = os.startsWith('windows');
  const dark =
    firmware === 'uefi-secure'
      ? ' Its Secure Boot runs no unsigned option ROM: a card without a signed one stays dark until its driver loads.'
      : '';
  const hasInput =
    plan.guest.evdev.length > 0 ||
    plan.devices.some(({assigned, class: kind}) => assigned.type === 'usb' || kind?.startsWith('0c03') === true);
  report('warning', 'guest-phase-changes', {
    element: screen,
    message: showsOnCard(plan)
      ? `From now on ${name} shows on its card only${hasInput ? '' : ', and has no keyboard and mouse of its own'}.${dark}`
      : `From now on no screen shows ${name}: its card has no outputs. You reach it over the network only.`,
    remedy: `First install the card's driver in the guest${isWindows ? ', turn Remote Desktop on, and let it never turn its screen off' : ''}. The emulated screen comes back with \`vfio-pilot guest phase ${quoteForShell(name)} prepare\`.`,
  });
};

const devicesOf = ({root}: EditContext): readonly XmlElement[] => childNamed(root, 'devices')?.children ?? [];
const named = (context: EditContext, name: string): readonly XmlElement[] =>
  devicesOf(context).filter((device) => device.name === name);

const editScreen = (context: EditContext, show: Screen): DomainEdit => {
  const screens = named(context, 'graphics');
  const {screen} = context.plan.guest;
  const isShown = screen === 'vnc' ? screens.length > 0 : screens.some((one) => attributeOf(one, 'type') === screen);
  const videos = named(context, 'video');
  const isNone = (video: XmlElement): boolean => attributeOf(childNamed(video, 'model'), 'type') === 'none';
  const fit = videos.filter((video) => isNone(video) === (show !== 'emulated'));
  const drops = videos.filter((video) => !fit.includes(video));
  return {
    children: [
      ...(show !== 'none' && !isShown ? [screenWish(screen)] : []),
      ...(fit.length === 0 ? [videoWish(show === 'emulated' ? 'vga' : 'none')] : []),
    ],
    drops: [...drops, ...(show === 'none' ? [...screens, ...spiceParts(context)] : [])],
  };
};

/** libvirt refuses these without SPICE (src/qemu/qemu_validate.c). */
const spiceParts = (context: EditContext): readonly XmlElement[] =>
  devicesOf(context).filter(
    (device) =>
      (['channel', 'redirdev', 'smartcard'].includes(device.name) && attributeOf(device, 'type') === 'spicevmc') ||
      (device.name === 'audio' && attributeOf(device, 'type') === 'spice'),
  );

/** Media of the plan only: another one in a drive is the user's. */
const editMedia = (context: EditContext): DomainEdit => {
  const {cdrom, drivers, phase} = context.plan.guest;
  const wanted = [phase === 'install' ? cdrom : null, phase === 'run' ? null : drivers].filter((path) => path !== null);
  const isOurs = (path: string | null): boolean => path !== null && (path === cdrom || path === drivers);
  const ours = named(context, 'disk').filter((disk) => isOurs(mediumIn(disk)));
  const missing = wanted.filter((path) => !ours.some((disk) => mediumIn(disk) === path));
  const targets = freeTargets(context);
  return {
    children: missing.map((path, index) =>
      mediumWish(path, targets[index] ?? 'sdz', path === cdrom ? freeBootOrder(context) : null),
    ),
    drops: ours.filter((disk) => !wanted.includes(mediumIn(disk) ?? '')),
  };
};

const mediumIn = (disk: XmlElement): string | null =>
  attributeOf(disk, 'device') === 'cdrom' ? attributeOf(childNamed(disk, 'source'), 'file') : null;

const freeTargets = (context: EditContext): readonly string[] => {
  const used = named(context, 'disk').map((disk) => attributeOf(childNamed(disk, 'target'), 'dev'));
  return Array.from('abcdefghijklmnopqrstuvwxyz', (letter): Wish['name'] => `sd${letter}`).filter(
    (target) => !used.includes(target),
  );
};

/** After the disk: an empty one does not boot. libvirt takes no order of devices next to one of kinds (`<boot dev=…>`). */
const freeBootOrder = ({root}: EditContext): number | null => {
  if (elementsAt(root, 'os/boot').length > 0) return null;
  const used = allElements(root)
    .filter(({name}) => name === 'boot')
    .map((boot) => parseWholeNumber(attributeOf(boot, 'order')));
  return [2, 3, 4, 5, 6, 7, 8, 9].find((order) => !used.includes(order)) ?? null;
};
