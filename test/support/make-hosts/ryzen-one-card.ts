import type {Entries} from './entries.ts';
import {radeon, ryzen3700x} from './ryzen-3700x.ts';

/** The only card is the host's own. */
export const ryzenOneCard = (machines: string): Entries =>
  ryzen3700x({
    machines,
    cards: radeon('0a:00', '00:03.1', 21, 'bus'),
    displays: [
      {
        at: '0a:00.0',
        card: 'card0',
        connectors: [
          {name: 'DP-1', isConnected: true},
          {name: 'HDMI-A-1', isConnected: false},
        ],
      },
    ],
    consoleAt: '0a:00.0',
    loaded: ['amdgpu', 'snd_hda_intel'],
    serial: '0580',
    names: '',
  });
