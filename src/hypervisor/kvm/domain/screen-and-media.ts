import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {KvmGuestPlan} from '../../../plan/plan.ts';

/** `window`: the guest's own picture, shown by the window of its emulated screen. */
export type Screen = 'emulated' | 'window' | 'none';

/** VNC unless something needs SPICE, as newer distributions build QEMU without it; reachable from this machine only. */
export const screenWish = (type: KvmGuestPlan['screen']): Wish => ({
  name: 'graphics',
  existing: null,
  attributes: {type, port: '-1', autoport: 'yes'},
  children: [
    {name: 'listen', attributes: {type: 'address', address: '127.0.0.1'}},
    ...(type === 'spice' ? [{name: 'image', attributes: {compression: 'off'}}] : []),
  ],
});

/** The plain VGA shows any installer. */
export const videoWish = (type: 'vga' | 'none'): Wish => ({
  name: 'video',
  existing: null,
  children: [{name: 'model', attributes: {type}}],
});

export const mediumWish = (path: string, target: string, bootOrder: number | null): Wish => ({
  name: 'disk',
  existing: null,
  attributes: {type: 'file', device: 'cdrom'},
  children: [
    {name: 'driver', attributes: {name: 'qemu', type: 'raw'}},
    {name: 'source', attributes: {file: path}},
    {name: 'target', attributes: {dev: target, bus: 'sata'}},
    {name: 'readonly'},
    ...(bootOrder === null ? [] : [{name: 'boot', attributes: {order: String(bootOrder)}}]),
  ],
});
