import type {Entries} from './entries.ts';
import type {PciSpec} from './pci.ts';
import {radeon, ryzen3700x} from './ryzen-3700x.ts';

/** One of two ports of an Intel I350, each of which makes seven virtual functions. */
const i350 = (number: number, group: number): PciSpec => ({
  at: `0a:00.${number}`,
  class: '020000',
  id: '8086:1521',
  subsystem: '8086:0002',
  revision: 1,
  below: '00:03.1',
  driver: 'igb',
  group,
  resets: 'flr bus',
  sriov: {total: 7, offset: 128, stride: 4, device: '1520'},
});

export const sriovNic = (machines: string): Entries =>
  ryzen3700x({
    machines,
    cards: [i350(0, 21), i350(1, 22), ...radeon('0b:00', '00:03.2', 23, 'bus')],
    interfaces: [
      {at: '0a:00.0', name: 'enp10s0f0'},
      {at: '0a:00.1', name: 'enp10s0f1'},
    ],
    displays: [{at: '0b:00.0', card: 'card0', connectors: [{name: 'DP-1', isConnected: true}]}],
    consoleAt: '0b:00.0',
    loaded: ['amdgpu', 'snd_hda_intel', 'igb'],
    serial: '1521',
    names:
      '8086  Intel Corporation\n\t1520  I350 Ethernet Controller Virtual Function\n\t1521  I350 Gigabit Network Connection\n',
  });
