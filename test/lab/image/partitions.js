import {closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';

const sectorBytes = 512;
const espMiB = 256;

/** GPT with an empty EFI partition, for bootctl to install into at the first boot. */
const withEsp = {
  rootStartMiB: 1 + espMiB,
  makeBootable: (_tree, directory, disk, diskMiB) => writeEsp(directory, disk, diskMiB),
};

/** Each kind of disk without a loop device: where its ext4 lies, and what makes it start. MiB are counted from its beginning. */
export const layouts = {
  /** MBR with GRUB in front of the one partition. */
  grub: {rootStartMiB: 1, makeBootable: (tree, directory, disk, diskMiB) => writeGrub(tree, directory, disk, diskMiB)},
  'systemd-boot': withEsp,
  uki: withEsp,
};

/** What grub-install would write: boot.img into the first sector, the core image into the gap before the partition. */
const writeGrub = async (tree, directory, disk, diskMiB) => {
  const modules = join(tree, 'usr/lib/grub/i386-pc');
  const core = join(directory, 'core.img');
  await run(
    'grub-mkimage',
    [
      '-d',
      modules,
      '-O',
      'i386-pc',
      '-o',
      core,
      '-p',
      '(hd0,msdos1)/boot/grub',
      'biosdisk',
      'part_msdos',
      'ext2',
      'normal',
      'search',
      'search_fs_uuid',
    ],
    {seconds: 60},
  );
  const file = openSync(disk, 'r+');
  writeSync(file, readFileSync(join(modules, 'boot.img')).subarray(0, 440), 0, 440, 0);
  writeSync(file, masterBootRecord(diskMiB), 0, 66, 446);
  const image = readFileSync(core);
  writeSync(file, image, 0, image.length, sectorBytes);
  closeSync(file);
};

const masterBootRecord = (diskMiB) => {
  const table = Buffer.alloc(66);
  table.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff], 0);
  table.writeUInt32LE(2048, 8);
  table.writeUInt32LE((diskMiB - 2) * 2048, 12);
  table.writeUInt16LE(0xaa55, 64);
  return table;
};

const writeEsp = async (directory, disk, diskMiB) => {
  const table = join(directory, 'partitions');
  writeFileSync(
    table,
    `label: gpt\nstart=1MiB, size=${espMiB}MiB, type=uefi\nstart=${1 + espMiB}MiB, size=${diskMiB - espMiB - 2}MiB, type=linux\n`,
  );
  await run('/bin/sh', ['-c', 'exec sfdisk --quiet --no-reread "$1" <"$2"', 'sh', disk, table], {seconds: 60});
  const esp = join(directory, 'esp.img');
  writeFileSync(esp, '');
  truncateSync(esp, espMiB * 1048576);
  await run('mformat', ['-i', esp, '-F', '-v', 'ESP', '::'], {seconds: 60});
  await run('dd', [`if=${esp}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none'], {seconds: 60});
  await run(
    'qemu-img',
    ['convert', '-O', 'qcow2', '/usr/share/OVMF/OVMF_VARS_4M.fd', join(directory, 'empty-vars.qcow2')],
    {seconds: 60},
  );
};
