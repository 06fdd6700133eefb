import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {AssignedMediatedDevice} from '../../../plan/plan.ts';
import {hostdevOrder} from './domain-values.ts';
import type {DomainEdit, EditContext} from './edit-context.ts';

/** UUID of a mediated device that the element gives to the guest; `null` when it gives none. */
export const uuidOf = (device: XmlElement): string | null =>
  device.name === 'hostdev' && attributeOf(device, 'type') === 'mdev'
    ? (attributeOf(childNamed(childNamed(device, 'source'), 'address'), 'uuid')?.toLowerCase() ?? null)
    : null;

const plannedIn = ({plan}: EditContext): readonly AssignedMediatedDevice[] =>
  plan.devices.flatMap(({assigned}) => (assigned.type === 'mediated-device' ? [assigned] : []));

/** Each planned slice once, by its UUID. Where it is in the guest libvirt chooses: it has one function and no siblings. */
export const editMediated = (context: EditContext): DomainEdit => {
  const planned = plannedIn(context);
  const devices = childNamed(context.root, 'devices');
  const present = (devices?.children ?? []).filter((device) => uuidOf(device) !== null);
  for (const device of planned) judgeDisplay(context, device);
  const holderOf = ({uuid}: AssignedMediatedDevice): XmlElement | null =>
    present.find((device) => uuidOf(device) === uuid) ?? null;
  const holders = new Set(planned.map(holderOf));
  return {
    children: planned.map((device) => wishFor(device, holderOf(device))),
    drops: present.filter((device) => !holders.has(device) && planned.some(({uuid}) => uuid === uuidOf(device))),
  };
};

/** libvirt takes no `managed` here: a mediated device must be there before the guest starts (formatdomain, "hostdev"). */
const wishFor = ({uuid, display}: AssignedMediatedDevice, existing: XmlElement | null): Wish =>
  existing === null
    ? {
        name: 'hostdev',
        existing: null,
        attributes: {
          mode: 'subsystem',
          type: 'mdev',
          managed: 'no',
          model: 'vfio-pci',
          ...(display ? {display: 'on'} : {}),
        },
        children: [{name: 'source', children: [{name: 'address', attributes: {uuid}}]}],
        order: hostdevOrder,
      }
    : {name: 'hostdev', existing, attributes: display ? {display: 'on'} : {}};

/** libvirt: "display" needs a graphics device, and works with these kinds of it. */
const judgeDisplay = ({root, report}: EditContext, {uuid, display}: AssignedMediatedDevice): void => {
  const devices = childNamed(root, 'devices');
  const screens = childrenNamed(devices, 'graphics').map((screen) => attributeOf(screen, 'type'));
  if (!display || screens.some((type) => type === 'vnc' || type === 'spice' || type === 'egl-headless')) return;
  report('blocker', 'mdev-display-impossible', {
    element: devices,
    message: `The picture of ${uuid} is to be in the guest's window, and the guest has neither VNC nor SPICE.`,
    remedy: "Add <graphics type='vnc'/> with `virsh edit`, or set display: no for this device.",
  });
};

/** Slices that the guest has and the plan does not name stay; without one that is gone the guest does not start. */
export const noteMediated = (context: EditContext): void => {
  const {facts, root, report} = context;
  const planned = plannedIn(context).map(({uuid}) => uuid);
  for (const device of childNamed(root, 'devices')?.children ?? []) {
    const uuid = uuidOf(device);
    if (uuid === null || planned.includes(uuid)) continue;
    const isThere = facts.mediated.devices.some((one) => one.uuid === uuid);
    report(isThere ? 'note' : 'warning', isThere ? 'guest-hostdev-foreign' : 'guest-hostdev-missing', {
      element: device,
      message: isThere
        ? `The guest also takes the mediated device ${uuid}, which the plan does not name; it stays in the guest.`
        : `The guest also takes the mediated device ${uuid}, which the plan does not name and which is not there now: without it the guest does not start.`,
      remedy: 'Add it to `devices`, or take it out with `virsh edit` if you do not want it.',
    });
  }
};
