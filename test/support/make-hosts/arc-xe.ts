import type {Entries} from './entries.ts';
import {ubuntuNoble} from './kernels.ts';
import type {PciSpec} from './pci.ts';
import {radeon, ryzen3700x} from './ryzen-3700x.ts';

const made = 2;

const card: PciSpec = {
  at: '0a:00.0',
  class: '030000',
  id: '8086:e212',
  subsystem: '8086:1114',
  revision: 0,
  below: '00:03.1',
  driver: 'xe',
  group: 21,
  resets: 'flr bus',
  sriov: {
    total: 12,
    offset: 1,
    stride: 1,
    device: 'e212',
    shares: [
      {quantumMs: 20, timeoutUs: 40_000, vramBytes: 0},
      {quantumMs: 10, timeoutUs: 20_000, vramBytes: 4 * 2 ** 30},
      {quantumMs: 10, timeoutUs: 20_000, vramBytes: 8 * 2 ** 30},
    ],
  },
};

const functions = Array.from({length: made}, (_, index): PciSpec => {
  const {sriov: _none, driver: _driver, ...same} = card;
  return {...same, at: `0a:00.${index + 1}`, group: 25 + index, resets: 'flr', physical: {at: card.at, index}};
});

/** The AM4 board with an Intel Arc Pro B50 that has made two virtual functions, and a Radeon for the host. */
export const arcXe = (machines: string): Entries =>
  ryzen3700x({
    machines,
    cards: [card, ...functions, ...radeon('0b:00', '00:03.2', 23, 'bus')],
    displays: [{at: '0b:00.0', card: 'card0', connectors: [{name: 'DP-1', isConnected: true}]}],
    consoleAt: '0b:00.0',
    loaded: ['amdgpu', 'snd_hda_intel', 'xe'],
    software: {
      ...ubuntuNoble,
      release: '7.2.0-8-generic',
      modules: [...ubuntuNoble.modules, 'drivers/gpu/drm/xe/xe', 'drivers/vfio/pci/xe/xe-vfio-pci'],
    },
    serial: '0e21',
    names: '8086  Intel Corporation\n\te212  Battlemage G21 [Arc Pro B50]\n',
  });
