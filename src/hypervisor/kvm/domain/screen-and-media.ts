import type {Wish} from '../../../formats/xml/reconcile.ts';

/** `window`: the guest's own picture, shown by the window of its emulated screen. */
export type Screen = 'emulated' | 'window' | 'none';

/** VNC, because newer distributions build QEMU without SPICE; reachable from this machine only. */
export const screenWish: Wish = {
  name: 'graphics',
  existing: null,
  attributes: {type: 'vnc', port: '-1', autoport: 'yes'},
  children: [{name: 'listen', attributes: {type: 'address', address: '127.0.0.1'}}],
};

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
