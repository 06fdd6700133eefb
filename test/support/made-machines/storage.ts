import type {PciAddress} from '../../../src/facts/pci-address.ts';
import {type Card, controller, type Machine, need, next, plugCard} from './machine.ts';

/** A partition: its sysfs name and `major:minor`, and the functions below it. */
type Block = {readonly name: string; readonly number: string; readonly below: readonly PciAddress[]};
type Disk = {readonly path: string; readonly name: string; readonly below: readonly PciAddress[]};

/** Where `/`, the boot partitions and swap of a made machine lie, with every way that stacks are built in the field. */
export const buildStorage = (machine: Machine, wayToNetwork: readonly PciAddress[]): void => {
  const {dice} = machine;
  const disks = Array.from({length: 2 + dice.below(2)}, () => dice.pick(diskMakers)(machine));
  const spare = dice.chance(0.4) ? dice.pick(diskMakers)(machine) : null;
  const mounts: string[] = [];
  const fstab: string[] = [];
  const mount = (path: string, block: Block, type: string, isListed = true): void => {
    if (isListed)
      mounts.push(
        `${20 + mounts.length} 1 ${type === 'btrfs' || type === 'zfs' ? '0:30' : block.number} / ${path} rw,relatime - ${type} ${type === 'zfs' ? 'rpool/ROOT/os' : `/dev/${block.name}`} rw`,
      );
    for (const address of block.below) need(machine, address, path, true);
  };

  if (dice.chance(0.04) && wayToNetwork.length > 0) {
    mounts.push('20 1 0:40 / / rw - nfs4 server:/root rw,addr=203.0.113.9');
    for (const address of wayToNetwork) need(machine, address, '/', true);
  } else {
    const [kind, block] = dice.pick(stacks)(machine, disks);
    mount('/', block, kind);
  }
  const boot = disks[0]!;
  if (dice.chance(0.5)) mount('/boot', partition(machine, boot), 'ext4');
  const esp = partition(machine, boot);
  if (dice.chance(0.6)) mount('/boot/efi', esp, 'vfat');
  else if (dice.chance(0.5)) {
    fstab.push(`/dev/${esp.name} /efi vfat noauto,x-systemd.automount 0 0`);
    mount('/efi', esp, 'vfat', false);
  }
  if (spare !== null) {
    const data = partition(machine, spare);
    mounts.push(`90 1 ${data.number} / /data rw - ext4 /dev/${data.name} rw`);
    fstab.push(`/dev/${data.name} /data ext4 nofail 0 0`);
  }
  if (dice.chance(0.5)) {
    const swap = dice.pick([
      () => partition(machine, boot),
      () => luks(machine, partition(machine, boot)),
      () => null,
    ])();
    for (const address of swap?.below ?? []) need(machine, address, 'swap', true);
    machine.tree['/proc/swaps'] =
      `Filename Type Size Used Priority\n${swap === null ? '/dev/zram0' : `/dev/${swap.name}`} partition 1 0 -2\n`;
  }
  machine.tree['/proc/self/mountinfo'] = `${mounts.join('\n')}\n`;
  machine.tree['/etc/fstab'] = `${fstab.join('\n')}\n`;
};

const disk = (machine: Machine, card: Card, path: string, more: readonly PciAddress[] = []): Disk => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  machine.tree[`/sys/class/block/${name}`] = {link: `../../devices/${path}`};
  machine.tree[`/sys/devices/${path}/size`] = '1\n';
  return {path, name, below: [card.addresses[0]!, ...more]};
};

const letter = (machine: Machine): string => `sd${String.fromCharCode(97 + next(machine, 'sd'))}`;

const diskMakers: readonly ((machine: Machine) => Disk)[] = [
  (machine) => {
    const card = plugCard(machine, [{class: '010802', id: '144d:a808', driver: 'nvme'}]);
    const number = next(machine, 'nvme');
    return disk(machine, card, `${card.places[0]}/nvme/nvme${number}/nvme${number}n1`);
  },
  (machine) => {
    const card = controller(machine, '17.0', {class: '010601', id: '8086:a352', driver: 'ahci'});
    return disk(machine, card, `${card.places[0]}/ata1/host0/target0:0:0/0:0:0:0/block/${letter(machine)}`);
  },
  (machine) => {
    const card = plugCard(machine, [{class: '010700', id: '1000:0072', driver: 'mpt3sas'}]);
    return disk(
      machine,
      card,
      `${card.places[0]}/host8/port-8:0/end_device-8:0/target8:0:0/8:0:0:0/block/${letter(machine)}`,
    );
  },
  (machine) => {
    const card = controller(machine, '14.0', {class: '0c0330', id: '8086:a36d', driver: 'xhci_hcd'});
    return disk(
      machine,
      card,
      `${card.places[0]}/usb2/2-1/2-1.3/2-1.3:1.0/host6/target6:0:0/6:0:0:0/block/${letter(machine)}`,
    );
  },
  (machine) => {
    const card = plugCard(machine, [{class: '010000', id: '1af4:1042', driver: 'virtio-pci'}]);
    return disk(
      machine,
      card,
      `${card.places[0]}/virtio${next(machine, 'virtio')}/block/vd${String.fromCharCode(97 + next(machine, 'vd'))}`,
    );
  },
  // A namespace with two controllers, whose paths are hidden.
  (machine) => {
    const parts = [{class: '010802', id: '1c5c:2839', driver: 'nvme'}];
    const cards = [plugCard(machine, parts), plugCard(machine, parts)];
    const subsystem = next(machine, 'nvme');
    const heads = cards.map((card, index) => ({
      card,
      name: index === 0 ? `nvme${subsystem}` : `nvme${next(machine, 'nvme')}`,
    }));
    for (const [index, {card, name}] of heads.entries()) {
      machine.tree[`/sys/class/nvme/${name}`] = {link: `../../devices/${card.places[0]}/nvme/${name}`};
      machine.tree[`/sys/devices/${card.places[0]}/nvme/${name}/nvme${subsystem}c${index}n1/size`] = '1\n';
      if (subsystem % 2 === 0)
        machine.tree[`/sys/devices/virtual/nvme-subsystem/nvme-subsys${subsystem}/${name}`] = {
          link: `../../../${card.places[0]}/nvme/${name}`,
        };
    }
    return disk(machine, cards[0]!, `virtual/nvme-subsystem/nvme-subsys${subsystem}/nvme${subsystem}n1`, [
      cards[1]!.addresses[0]!,
    ]);
  },
];

const partition = (machine: Machine, {path, name, below}: Disk): Block => {
  const index = next(machine, `part ${name}`, 1);
  const number = `259:${next(machine, 'minor')}`;
  const part = /\d$/.test(name) ? `${name}p${index}` : `${name}${index}`;
  Object.assign(machine.tree, {
    [`/sys/devices/${path}/${part}/partition`]: `${index}\n`,
    [`/sys/class/block/${part}`]: {link: `../../devices/${path}/${part}`},
    [`/sys/dev/block/${number}`]: {link: `../../devices/${path}/${part}`},
  });
  return {name: part, number, below};
};

const majors: Readonly<Record<string, number>> = {dm: 254, md: 9, bcache: 252};

const stacked = (
  machine: Machine,
  prefix: string,
  lower: readonly Block[],
  files: Readonly<Record<string, string>>,
): Block => {
  const index = next(machine, prefix);
  const name = `${prefix}${index}`.replace('dm', 'dm-');
  const [place, number] = [`virtual/block/${name}`, `${majors[prefix]}:${index}`];
  machine.tree[`/sys/class/block/${name}`] = {link: `../../devices/${place}`};
  machine.tree[`/sys/dev/block/${number}`] = {link: `../../devices/${place}`};
  for (const [file, text] of Object.entries(files)) machine.tree[`/sys/devices/${place}/${file}`] = text;
  for (const one of lower)
    machine.tree[`/sys/devices/${place}/slaves/${one.name}`] = {link: `../../../../../class/block/${one.name}`};
  return {name, number, below: [...new Set(lower.flatMap(({below}) => below))]};
};

const mapped =
  (uuid: string) =>
  (machine: Machine, ...lower: readonly Block[]): Block =>
    stacked(machine, 'dm', lower, {'dm/name': `map${machine.counters['dm'] ?? 0}\n`, 'dm/uuid': `${uuid}-x\n`});
const luks = mapped('CRYPT-LUKS2');
const lvm = mapped('LVM');
const md = (machine: Machine, ...lower: readonly Block[]): Block =>
  stacked(machine, 'md', lower, {'md/level': 'raid1\n'});

const bcache = (machine: Machine, disks: readonly Disk[]): Block => {
  const [backing, cache] = [partition(machine, disks[0]!), partition(machine, disks[1]!)];
  const block = stacked(machine, 'bcache', [backing], {size: '1\n'});
  Object.assign(machine.tree, {
    [`/sys/devices/virtual/block/${block.name}/bcache`]: {link: `../../../${disks[0]!.path}/${backing.name}/bcache`},
    [`/sys/devices/${disks[0]!.path}/${backing.name}/bcache/cache`]: {link: '/sys/fs/bcache/set'},
    '/sys/fs/bcache/set/cache0': {link: `/sys/devices/${disks[1]!.path}/${cache.name}/bcache`},
    [`/sys/devices/${disks[1]!.path}/${cache.name}/bcache/label`]: '\n',
  });
  return {...block, below: [...block.below, ...disks[1]!.below]};
};

const members = (machine: Machine, disks: readonly Disk[]): readonly Block[] =>
  disks.slice(0, 2).map((one) => partition(machine, one));
const first = (machine: Machine, disks: readonly Disk[]): Block => partition(machine, disks[0]!);
const together = (blocks: readonly Block[]): Block => ({...blocks[0]!, below: blocks.flatMap(({below}) => below)});

/** What `/` may lie on: the type of the filesystem, and its block device. */
const stacks: readonly ((machine: Machine, disks: readonly Disk[]) => readonly [string, Block])[] = [
  (machine, disks) => ['ext4', first(machine, disks)],
  (machine, disks) => ['ext4', lvm(machine, first(machine, disks))],
  (machine, disks) => ['xfs', luks(machine, first(machine, disks))],
  (machine, disks) => ['ext4', lvm(machine, luks(machine, first(machine, disks)))],
  (machine, disks) => ['ext4', lvm(machine, ...members(machine, disks))],
  (machine, disks) => ['ext4', md(machine, ...members(machine, disks))],
  (machine, disks) => ['xfs', lvm(machine, luks(machine, md(machine, ...members(machine, disks))))],
  (machine, disks) => ['ext4', lvm(machine, mapped('mpath')(machine, ...members(machine, disks)))],
  (machine, disks) => ['ext4', bcache(machine, disks)],
  (machine, disks) => {
    const parts = members(machine, disks);
    for (const {name} of parts)
      machine.tree[`/sys/fs/btrfs/uuid/devices/${name}`] = {link: `../../../../class/block/${name}`};
    return ['btrfs', together(parts)];
  },
  (machine, disks) => {
    const parts = members(machine, disks);
    for (const {number} of parts)
      machine.tree[`/run/udev/data/b${number}`] = 'E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=rpool\n';
    return ['zfs', together(parts)];
  },
];
