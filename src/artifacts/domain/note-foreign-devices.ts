import {parsePciAddress} from '../../host/pci-address.ts';
import type {EditContext} from './edit-context.ts';
import {sourceOf} from './guest-addresses.ts';
import {allElements, attributeOf, childNamed} from './xml-element.ts';

const qemuNamespace = 'http://libvirt.org/schemas/domain/qemu/1.0';

/** Devices that the guest has and the plan does not name stay; the user hears of them. */
export const noteForeignDevices = (context: EditContext): void => {
  noteHostdevs(context);
  noteQemuArguments(context);
};

const noteHostdevs = ({plan, root, report}: EditContext): void => {
  for (const device of childNamed(root, 'devices')?.children ?? []) {
    const source = sourceOf(device);
    if (source === null || plan.devices.some((planned) => planned.address === source)) continue;
    report('note', 'guest-hostdev-foreign', {
      element: device,
      message: `The guest also takes ${source}, which the plan does not name; it stays in the guest.`,
      remedy: 'Add it to devices in the profile, or take it out with `virsh edit`, if that is not wanted.',
    });
  }
};

/** libvirt does not look into QEMU's own arguments, so a device could be given twice. */
const noteQemuArguments = ({plan, root, report}: EditContext): void => {
  for (const argument of allElements(root).filter((element) => element.namespace === qemuNamespace)) {
    const value = attributeOf(argument, 'value') ?? '';
    const host = value.includes('vfio-pci') ? parsePciAddress(/host=([0-9a-f:.]+)/i.exec(value)?.[1] ?? '') : null;
    if (host === null || !plan.devices.some((device) => device.address === host)) continue;
    report('warning', 'guest-hostdev-foreign', {
      element: argument,
      message: `QEMU's own arguments in the guest take ${host} too, so it would be given twice and the guest would not start.`,
      remedy: 'Take that argument out with `virsh edit`.',
    });
  }
};
