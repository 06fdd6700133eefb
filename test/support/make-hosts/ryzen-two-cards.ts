import type {Entries} from './entries.ts';
import {audioBars, nvidiaBars, type PciSpec} from './pci.ts';
import {radeon, ryzen3700x} from './ryzen-3700x.ts';

/** A GeForce RTX 2060 has four functions, its USB controller among them: all of them belong to the guest. */
const rtx2060 = (
  number: number,
  classCode: string,
  id: string,
  driver: string,
  rest: Partial<PciSpec> = {},
): PciSpec => ({
  at: `0a:00.${number}`,
  class: classCode,
  id,
  subsystem: '1462:3756',
  revision: 0xa1,
  below: '00:03.1',
  driver,
  group: 21,
  ...rest,
});

const geforce: readonly PciSpec[] = [
  rtx2060(0, '030000', '10de:1f08', 'nouveau', {bars: nvidiaBars(0xf6000000, 0xe0000000, 0x10000000), resets: ''}),
  rtx2060(1, '040300', '10de:10f9', 'snd_hda_intel', {bars: audioBars(0xf7080000)}),
  rtx2060(2, '0c0330', '10de:1ada', 'xhci_hcd', {resets: 'pm'}),
  rtx2060(3, '0c8000', '10de:1adb', 'nvidia-gpu', {resets: 'pm'}),
];

export const ryzenTwoCards = (machines: string): Entries =>
  ryzen3700x({
    machines,
    cards: [...geforce, ...radeon('0b:00', '00:03.2', 22)],
    displays: [
      {
        at: '0b:00.0',
        card: 'card1',
        connectors: [
          {name: 'DP-1', isConnected: true},
          {name: 'HDMI-A-1', isConnected: false},
        ],
      },
      {
        at: '0a:00.0',
        card: 'card0',
        connectors: [
          {name: 'DP-2', isConnected: false},
          {name: 'HDMI-A-2', isConnected: false},
        ],
      },
    ],
    consoleAt: '0b:00.0',
    loaded: ['nouveau', 'amdgpu', 'snd_hda_intel', 'i2c_nvidia_gpu'],
    serial: '2060',
    names:
      '10de  NVIDIA Corporation\n\t10f9  TU106 High Definition Audio Controller\n\t1ada  TU106 USB 3.1 Host Controller\n\t1adb  TU106 USB Type-C UCSI Controller\n\t1f08  TU106 [GeForce RTX 2060 Rev. A]\n',
  });
