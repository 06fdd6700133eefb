import {isMousePath} from '../../../facts/inputs.ts';
import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {EvdevInput} from '../../../plan/plan.ts';
import {type DomainEdit, type EditContext, joinEdits, nothing} from './edit-context.ts';
import type {Screen} from './screen-and-media.ts';

const inputsOf = (root: XmlElement | null): readonly XmlElement[] =>
  childrenNamed(childNamed(root, 'devices'), 'input');
const typeOf = (input: XmlElement): string => attributeOf(input, 'type') ?? '';
const pathOf = (input: XmlElement): string | null =>
  typeOf(input) === 'evdev' ? attributeOf(childNamed(input, 'source'), 'dev') : null;

/** Of the host's, those that the guest reads. */
export const evdevPaths = (root: XmlElement | null): readonly string[] =>
  inputsOf(root).flatMap((input) => pathOf(input) ?? []);

/** During the installation the guest shows in a window, which takes keys and movements by itself. */
const handedOver = ({plan}: EditContext): readonly EvdevInput[] =>
  plan.guest.phase === 'install' ? [] : plan.guest.evdev;

/** The host's own keyboard and mouse, and the emulated ones that the guest sees. `null`: no phase says what is on screen. */
export const editInput = (context: EditContext, show: Screen | null): DomainEdit => {
  noteForeign(context);
  return joinEdits([
    editEvdev(context),
    handedOver(context).length > 0 ? withEvdev(context, show) : emulated(context, show),
  ]);
};

const noteForeign = ({plan, root, report}: EditContext): void => {
  for (const input of inputsOf(root)) {
    const path = pathOf(input);
    if (path === null || plan.guest.evdev.some((one) => one.path === path)) continue;
    report('note', 'guest-hostdev-foreign', {
      element: input,
      message: `The guest also takes over ${path}, which the plan does not name; it stays in the guest.`,
      remedy: 'Add it to guest.evdev in the profile, or take it out with `virsh edit`, if that is not wanted.',
    });
  }
};

const editEvdev = (context: EditContext): DomainEdit => {
  const {plan, root} = context;
  const present = inputsOf(root);
  const given = handedOver(context).map((input) => ({
    ...input,
    existing: present.find((one) => pathOf(one) === input.path) ?? null,
  }));
  const keyboards = given.filter(({isKeyboard}) => isKeyboard);
  const leader = keyboards.find(({existing}) => grabsAll(existing)) ?? keyboards[0];
  const named = plan.guest.evdev.map(({path}) => path);
  return {
    children: given.map((input) => evdevWish(context, input, input === leader)),
    drops: present.filter((one) => named.includes(pathOf(one) ?? '') && !given.some(({existing}) => existing === one)),
  };
};

const grabsAll = (input: XmlElement | null): boolean => attributeOf(childNamed(input, 'source'), 'grab') === 'all';

/**
 * One keyboard takes all the others along, so that one press hands everything over; two that do leave each other out
 * (ui/input-linux.c, input_linux_toggle_grab). Without a word on the keys they are both Ctrl keys.
 */
const evdevWish = (
  {plan}: EditContext,
  {path, isKeyboard, existing}: EvdevInput & {readonly existing: XmlElement | null},
  isLeader: boolean,
): Wish => {
  const source = childNamed(existing, 'source');
  const {evdevToggle} = plan.guest;
  const isToggle = existing !== null && (attributeOf(source, 'grabToggle') ?? 'ctrl-ctrl') === evdevToggle;
  return {
    name: 'input',
    existing,
    ...(existing === null ? {attributes: {type: 'evdev'}} : {}),
    children: [
      {
        name: 'source',
        attributes: {
          dev: path,
          ...(isLeader ? {grab: 'all'} : {}),
          ...(isKeyboard && evdevToggle !== null && !isToggle ? {grabToggle: evdevToggle} : {}),
          ...(isKeyboard && existing === null ? {repeat: 'on'} : {}),
        },
      },
    ],
  };
};

/**
 * QEMU hands what it reads to the emulated devices of the guest (ui/input.c): movements to a mouse, but clicks to the
 * device that the guest opened last, and for a tablet a click is at the place where its pointer was.
 */
const withEvdev = (context: EditContext, show: Screen | null): DomainEdit => {
  const {plan, root, report} = context;
  const present = inputsOf(root);
  const hasMouse = plan.guest.evdev.some(({path}) => isMousePath(path));
  const isWindow = show === 'emulated' || show === 'window';
  const wanted = ['keyboard', ...(hasMouse ? ['mouse'] : isWindow ? ['tablet'] : [])];
  const tablets = present.filter((input) => typeOf(input) === 'tablet');
  if (hasMouse && tablets.length > 0)
    report('note', 'guest-setting-replaced', {
      element: tablets[0] ?? null,
      message:
        'An emulated mouse takes the place of the tablet, which would get the clicks of your mouse at a wrong place.',
      remedy: 'Nothing to do. A window of virt-viewer holds the pointer now until you press Ctrl and Alt.',
    });
  return {
    children: wanted.filter((type) => !present.some((input) => typeOf(input) === type)).map(emulatedWish),
    drops: hasMouse ? tablets : [],
  };
};

const emulatedWish = (type: string): Wish => ({name: 'input', existing: null, attributes: {type, bus: 'usb'}});

/** What QEMU reads from the host's own keyboard it gives to the emulated ones, which stay then. */
const emulated = ({root}: EditContext, show: Screen | null): DomainEdit => {
  if (show === null) return nothing;
  const present = inputsOf(root);
  if (show === 'none')
    return evdevPaths(root).length > 0
      ? nothing
      : {
          children: [],
          drops: present.filter(
            (input) =>
              ['tablet', 'mouse', 'keyboard'].includes(typeOf(input)) &&
              ['usb', 'virtio'].includes(attributeOf(input, 'bus') ?? ''),
          ),
        };
  return {
    children: ['tablet', 'keyboard']
      .filter((type) => !present.some((input) => typeOf(input) === type))
      .map(emulatedWish),
    drops: [],
  };
};
