import type {GuestPlan, Plan} from '../../plan/plan.ts';
import {element} from './xml-fragment.ts';
import type {XmlFragment} from './xml-fragment.ts';

/**
 * What an installation needs; assigned devices come with the edit. The plain VGA and its local VNC screen show the
 * installer; they can go once the assigned card's driver works.
 */
export const newDevices = (plan: Plan): XmlFragment => {
  const {guest} = plan;
  return element('devices', {}, [
    element('emulator', {}, guest.emulator),
    newDisk(plan),
    ...(guest.cdrom === null ? [] : [newCdrom(guest.cdrom)]),
    element('controller', {type: 'usb', index: 0, model: 'qemu-xhci'}),
    ...(guest.machine.includes('q35') ? [element('controller', {type: 'pci', index: 0, model: 'pcie-root'})] : []),
    element('interface', {type: 'network'}, [element('source', {network: guest.network}), element('model', {type: 'virtio'})]),
    element('input', {type: 'tablet', bus: 'usb'}),
    element('input', {type: 'keyboard', bus: 'usb'}),
    ...(guest.hasTpm ? [newTpm] : []),
    newScreen,
    element('video', {}, [element('model', {type: 'vga'})]),
  ]);
};

/** `cache='none'`: the guest has a cache of its own, and the host's memory is promised to it. */
const newDisk = ({guest, pinning}: Plan): XmlFragment => {
  const isBlock = guest.disk.startsWith('/dev/');
  const iothread = pinning.iothreads[0]?.iothread ?? null;
  return element('disk', {type: isBlock ? 'block' : 'file', device: 'disk'}, [
    element('driver', {name: 'qemu', type: diskFormat(guest), cache: 'none', discard: 'unmap', iothread}),
    element('source', {[isBlock ? 'dev' : 'file']: guest.disk}),
    element('target', {dev: 'vda', bus: 'virtio'}),
    element('boot', {order: 1}),
  ]);
};

const diskFormat = ({disk}: GuestPlan): string => (disk.startsWith('/dev/') || /\.(raw|img)$/i.test(disk) ? 'raw' : 'qcow2');

/** Second in the order: an empty disk does not boot, and then the medium does; afterwards the disk comes first. */
const newCdrom = (image: string): XmlFragment =>
  element('disk', {type: 'file', device: 'cdrom'}, [
    element('driver', {name: 'qemu', type: 'raw'}),
    element('source', {file: image}),
    element('target', {dev: 'sda', bus: 'sata'}),
    element('readonly'),
    element('boot', {order: 2}),
  ]);

const newTpm = element('tpm', {model: 'tpm-crb'}, [element('backend', {type: 'emulator', version: '2.0'})]);

/** VNC, because newer distributions build QEMU without SPICE; reachable from this machine only. */
const newScreen = element('graphics', {type: 'vnc', port: -1, autoport: 'yes'}, [element('listen', {type: 'address', address: '127.0.0.1'})]);
