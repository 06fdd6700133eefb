import {describe, expect, it} from 'vitest';
import type {Tree} from './block-trees.ts';
import {pciFunction, read} from './read-needs.ts';

describe('failure mode 1: what the host needs for people', () => {
  it('names connected screens, the boot VGA and the console', () => {
    const gpu = '/sys/devices/pci0000:00/0000:00:03.0/0000:09:00.0';
    const {needs} = read(
      {
        '/sys/class/drm/card1-HDMI-A-1': {link: `../../..${gpu}/drm/card1/card1-HDMI-A-1`},
        '/sys/class/drm/card1-DP-1': {link: `../../..${gpu}/drm/card1/card1-DP-1`},
        '/sys/class/drm/card1': {link: `../../..${gpu}/drm/card1`},
        [`${gpu}/drm/card1/card1-HDMI-A-1/status`]: 'connected\n',
        [`${gpu}/drm/card1/card1-DP-1/status`]: 'disconnected\n',
        [`${gpu}/drm/card1/device`]: {link: '../..'},
        '/sys/class/graphics/fb0': {link: `../../..${gpu}/graphics/fb0`},
        [`${gpu}/graphics/fb0/device`]: {link: '../..'},
      },
      [pciFunction({address: '0000:09:00.0', bootVga: true, driver: 'amdgpu'})],
    );
    expect(needs).toEqual([
      {address: '0000:09:00.0', kind: 'display', chain: 'a screen on HDMI-A-1 → card1 → 0000:09:00.0', spares: []},
      {address: '0000:09:00.0', kind: 'console', chain: 'firmware console (boot VGA) → 0000:09:00.0', spares: []},
    ]);
  });

  it('knows the boot display of a card that is no VGA device', () => {
    const tree = {
      '/sys/class/drm/card0/boot_display': '1\n',
      '/sys/class/drm/card0/device': {link: '../../../devices/pci0000:00/0000:01:00.0'},
      '/sys/devices/pci0000:00/0000:01:00.0/class': '0x030200\n',
    };
    expect(read(tree).found).toEqual(['console 0000:01:00.0']);
  });

  it('needs only controllers that carry a keyboard', () => {
    const device = (name: string, path: string, handlers: string, ev: string, key: string): string =>
      `I: Bus=0003 Vendor=046d Product=c31c Version=0110\nN: Name="${name}"\nP: Phys=\nS: Sysfs=${path}\nH: Handlers=${handlers} \nB: EV=${ev}\nB: KEY=${key}\n\n`;
    const keys = '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe';
    const {needs} = read({
      '/proc/bus/input/devices':
        device('AT keyboard', '/devices/platform/i8042/serio0/input/input3', 'sysrq kbd event3 leds', '120013', keys) +
        device(
          'Gaming mouse',
          '/devices/pci0000:00/0000:00:15.0/usb1/1-2/1-2:1.1/input/input5',
          'kbd event5',
          '1f',
          '3f0003 0 0',
        ) +
        device('Power Button', '/devices/LNXSYSTM:00/LNXPWRBN:00/input/input0', 'kbd event0', '3', '10000000000000 0') +
        device(
          'USB keyboard',
          '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:046D:C31C.0001/input/input4',
          'sysrq kbd event4 leds',
          '120013',
          keys,
        ),
    });
    expect(needs).toEqual([
      {address: '0000:00:14.0', kind: 'keyboard', chain: 'keyboard "USB keyboard" → 0000:00:14.0', spares: []},
    ]);
  });

  const keys = '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe';
  const input = (name: string, path: string, bus = '0003', rest = ''): string =>
    `I: Bus=${bus} Vendor=046d Product=c31c Version=0110\nN: Name="${name}"\nP: Phys=\nS: Sysfs=${path}\nH: Handlers=sysrq kbd event3 leds \nB: EV=120013\nB: KEY=${keys}\n${rest}\n\n`;
  const first = '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0/0003:046D:C31C.0001/input/input4';
  const second = '/devices/pci0000:00/0000:00:08.1/0000:0c:00.3/usb3/3-2/3-2:1.0/0003:046D:C31D.0002/input/input7';

  it('needs neither of two keyboards while the other one stays', () => {
    const {needs} = read({'/proc/bus/input/devices': input('A', first) + input('B', second)});
    expect(needs).toEqual([
      {address: '0000:00:14.0', kind: 'keyboard', chain: 'keyboard "A" → 0000:00:14.0', spares: ['0000:0c:00.3']},
      {address: '0000:0c:00.3', kind: 'keyboard', chain: 'keyboard "B" → 0000:0c:00.3', spares: ['0000:00:14.0']},
    ]);
  });

  it('counts a mouse with keys as no spare', () => {
    const mouse =
      input('Mouse keys', second) +
      `I: Bus=0003\nN: Name="Mouse"\nS: Sysfs=${second.replace('3-2:1.0', '3-2:1.1')}\nH: Handlers=mouse0 event8\nB: EV=17\nB: REL=1943\n\n`;
    const {needs} = read({'/proc/bus/input/devices': input('A', first) + mouse});
    expect(needs.map(({address, spares}) => [address, spares])).toEqual([
      ['0000:00:14.0', []],
      ['0000:0c:00.3', ['0000:00:14.0']],
    ]);
  });

  it('needs the controller of the Bluetooth adapter for a wireless keyboard', () => {
    const adapter = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/1-8:1.0/bluetooth/hci0';
    const {needs} = read({
      '/proc/bus/input/devices': input('Air', '/devices/virtual/misc/uhid/0005:046D:B342.0003/input/input20', '0005'),
      '/sys/class/bluetooth/hci0': {link: `../../..${adapter}`},
      [`${adapter}/uevent`]: 'DEVTYPE=host\n',
    });
    expect(needs).toEqual([
      {address: '0000:00:14.0', kind: 'keyboard', chain: 'keyboard "Air" → Bluetooth → 0000:00:14.0', spares: []},
    ]);
  });

  it('takes the PS/2 keyboard of a laptop for real, and that of a desktop for what firmware may imitate', () => {
    const both = {
      '/proc/bus/input/devices': input('AT', '/devices/platform/i8042/serio0/input/input3', '0011') + input('A', first),
    };
    expect(read({...both, '/sys/class/dmi/id/chassis_type': '10\n'}).found).toEqual([]);
    expect(read({...both, '/sys/class/dmi/id/chassis_type': '3\n'}).found).toEqual(['keyboard 0000:00:14.0']);
  });

  it('failure mode 11: finds the card whose memory the boot framebuffer lies in', () => {
    const {needs} = read({
      '/proc/iomem':
        '00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : PCI Bus 0000:01\n    00000000-00000000 : 0000:01:00.0\n      00000000-00000000 : efifb\n    00000000-00000000 : 0000:01:00.1\n  00000000-00000000 : 0000:00:1f.0\n00000000-00000000 : simplefb\n',
    });
    expect(needs).toEqual([
      {
        address: '0000:01:00.0',
        kind: 'console',
        chain: 'boot framebuffer (efifb) → memory of 0000:01:00.0',
        spares: [],
      },
    ]);
  });

  it('follows the text console to the framebuffer that fbcon is mapped to', () => {
    const card = (name: string, address: string): Tree => ({
      [`/sys/class/graphics/${name}/device`]: {link: `../../../devices/pci0000:00/${address}`},
      [`/sys/devices/pci0000:00/${address}/class`]: '0x030000\n',
    });
    const cards = {...card('fb0', '0000:01:00.0'), ...card('fb1', '0000:02:00.0')};
    expect(read(cards).found).toEqual(['console 0000:01:00.0']);
    expect(read({...cards, '/proc/cmdline': 'quiet fbcon=map:1\n'}).found).toEqual(['console 0000:02:00.0']);
  });

  it('needs the serial card that the console is on', () => {
    const tree = {
      '/proc/cmdline': 'console=tty0 console=ttyS4,115200\n',
      '/sys/class/tty/ttyS4/device': {link: '../../../devices/pci0000:00/0000:00:16.3'},
      '/sys/devices/pci0000:00/0000:00:16.3/class': '0x070002\n',
    };
    expect(read(tree).needs).toEqual([
      {address: '0000:00:16.3', kind: 'console', chain: 'serial console → ttyS4 → 0000:00:16.3', spares: []},
    ]);
  });
});
