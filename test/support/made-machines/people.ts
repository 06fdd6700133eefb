import {type Card, chipset, controller, type Machine, need, next, plugCard} from './machine.ts';

const audio = {class: '040300', id: '10de:0fb9', driver: 'snd_hda_intel'} as const;

const graphics: Readonly<Record<string, (machine: Machine) => Card>> = {
  discrete: (machine) =>
    plugCard(machine, [{class: '030000', id: machine.dice.pick(['10de:1c81', '1002:67df']), driver: 'amdgpu'}, audio]),
  turing: (machine) =>
    plugCard(machine, [
      {class: '030000', id: '10de:1e84', driver: 'nouveau'},
      audio,
      {class: '0c0330', id: '10de:1ad8', driver: 'xhci_hcd'},
      {class: '0c8000', id: '10de:1ad9', driver: 'nvidia-gpu'},
    ]),
  integrated: (machine) =>
    chipset(machine, '02.0', {class: machine.dice.pick(['030000', '038000']), id: '8086:3e92', driver: 'i915'}),
  remote: (machine) => plugCard(machine, [{class: '030000', id: '1a03:2000', driver: 'ast'}]),
  compute: (machine) => plugCard(machine, [{class: '030200', id: '10de:20b0', driver: 'nouveau'}]),
};

/** Screens, consoles and the boot framebuffer. */
export const buildDisplays = (machine: Machine): readonly Card[] => {
  const {dice} = machine;
  const kinds = dice.pick([
    ['discrete'],
    ['integrated'],
    ['integrated', 'discrete'],
    ['discrete', 'discrete'],
    ['turing', 'discrete'],
    ['remote', 'turing'],
    ['integrated', 'compute'],
    ['integrated', 'discrete', 'turing'],
  ]);
  const cards = kinds.map((kind) => graphics[kind]!(machine));
  const able = cards.filter((_, index) => kinds[index] !== 'compute');
  const owner = dice.pick(able);
  machine.lastOf.push({what: 'screen', addresses: able.map((card) => card.addresses[0]!)});
  for (const kind of ['boot_vga', 'fb0', 'connector', 'iomem'].filter(() => dice.chance(0.6)))
    showOn(machine, owner, kind);
  if (dice.chance(0.3)) showOn(machine, dice.pick(able), 'connector');
  return cards;
};

const showOn = (machine: Machine, card: Card, kind: string): void => {
  const [place, address] = [card.places[0]!, card.addresses[0]!];
  need(machine, address, kind);
  if (kind === 'boot_vga') machine.tree[`/sys/devices/${place}/boot_vga`] = '1\n';
  if (kind === 'fb0')
    Object.assign(machine.tree, {
      '/sys/class/graphics/fb0': {link: `../../devices/${place}/graphics/fb0`},
      [`/sys/devices/${place}/graphics/fb0/device`]: {link: '../..'},
    });
  if (kind === 'iomem')
    machine.tree['/proc/iomem'] =
      `00000000-00000000 : PCI Bus 0000:01\n  00000000-00000000 : ${address}\n    00000000-00000000 : ${machine.dice.pick(['efifb', 'simplefb', 'BOOTFB'])}\n`;
  if (kind === 'connector') connect(machine, place);
};

const connect = (machine: Machine, place: string): void => {
  const name = `card${next(machine, 'drm')}`;
  for (const [connector, status] of [
    ['DP-1', 'disconnected'],
    ['HDMI-A-1', 'connected'],
  ]) {
    machine.tree[`/sys/class/drm/${name}-${connector}`] = {
      link: `../../devices/${place}/drm/${name}/${name}-${connector}`,
    };
    machine.tree[`/sys/devices/${place}/drm/${name}/${name}-${connector}/status`] = `${status}\n`;
  }
  machine.tree[`/sys/class/drm/${name}`] = {link: `../../devices/${place}/drm/${name}`};
  machine.tree[`/sys/devices/${place}/drm/${name}/device`] = {link: '../..'};
};

const usb = {class: '0c0330', id: '1b21:1242', driver: 'xhci_hcd'} as const;
const keys = '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe';

const input = (name: string, path: string, bus: string, isMouse = false): string =>
  `I: Bus=${bus} Vendor=046d Product=c31c Version=0110\nN: Name="${name}"\nP: Phys=\nS: Sysfs=/devices/${path}/input/input3\nH: Handlers=${isMouse ? 'mouse0' : 'sysrq kbd'} event3 \n${isMouse ? 'B: EV=17\nB: KEY=ff0000 0 0 0 0\nB: REL=1943' : `B: EV=120013\nB: KEY=${keys}`}\n`;

/** Keyboards of every kind, and what looks like one. */
export const buildKeyboards = (machine: Machine): void => {
  const {dice} = machine;
  const first = controller(machine, '14.0', usb);
  const second = plugCard(machine, [usb]);
  const on = (card: Card, port: string): string => `${card.places[0]}/usb1/1-${port}/1-${port}:1.0/0003:046D:C31C.0001`;
  const mouse = input('Mouse', on(dice.pick([first, second]), '7'), '0003', true);
  const plain = input('Keyboard', on(first, dice.pick(['1', '1.4', '1.4.2'])), '0003');
  const ps2 = input('AT Translated Set 2 keyboard', 'platform/i8042/serio0', '0011');
  const only = (card: Card): void => need(machine, card.addresses[0]!, 'the only keyboard');
  const makers: readonly (() => readonly string[])[] = [
    () => [],
    () => (only(first), [plain]),
    () => (only(first), [plain]),
    () => (
      machine.lastOf.push({what: 'keyboard', addresses: [first.addresses[0]!, second.addresses[0]!]}),
      [plain, input('Second', on(second, '2'), '0003')]
    ),
    // The mouse has keys as well, on another interface of one USB device.
    () => (
      only(first),
      [
        plain,
        input('Gaming mouse keys', on(second, '5'), '0003'),
        input('Gaming mouse', on(second, '5').replace(':1.0', ':1.1'), '0003', true),
      ]
    ),
    () => {
      only(second);
      machine.tree['/sys/class/bluetooth/hci0'] = {
        link: `../../devices/${second.places[0]}/usb3/3-8/3-8:1.0/bluetooth/hci0`,
      };
      machine.tree[`/sys/devices/${second.places[0]}/usb3/3-8/3-8:1.0/bluetooth/hci0/uevent`] = 'DEVTYPE=host\n';
      return [input('Wireless', 'virtual/misc/uhid/0005:046D:B342.0003', '0005')];
    },
    () => {
      machine.tree['/sys/class/dmi/id/chassis_type'] = '10\n';
      return [ps2, plain];
    },
    () => {
      machine.tree['/sys/class/dmi/id/chassis_type'] = '3\n';
      // Real or imitated: nothing in the tree tells.
      if (dice.chance(0.8)) only(first);
      return [ps2, plain];
    },
  ];
  machine.tree['/proc/bus/input/devices'] = [...dice.pick(makers)(), mouse].join('\n');
};

export const buildSerial = (machine: Machine): void => {
  if (!machine.dice.chance(0.15)) return;
  const card = plugCard(machine, [{class: '070002', id: '1415:c158', driver: 'serial'}]);
  machine.tree['/sys/class/tty/ttyS4'] = {link: `../../devices/${card.places[0]}/tty/ttyS4`};
  machine.tree[`/sys/devices/${card.places[0]}/tty/ttyS4/device`] = {link: '../..'};
  if (!machine.dice.chance(0.6)) return;
  machine.tree['/proc/cmdline'] = 'ro quiet console=tty0 console=ttyS4,115200n8\n';
  need(machine, card.addresses[0]!, 'serial console');
};
