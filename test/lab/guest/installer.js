import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';

const source = new URL('installer.S', import.meta.url).pathname;
const sectorBytes = 2048;

/** What `installer.S` shows before it does anything. */
export const installerLine = 'Lab installer: press a key.';

/** Puts an ISO image there that starts `installer.S`; `system` is the sector that it installs. */
export const makeInstaller = async (machine, path) => {
  const [object, code, image] = ['installer.o', 'installer.bin', 'installer.iso'].map((name) =>
    join(machine.directory, name),
  );
  await run('as', ['--32', '-o', object, source], {seconds: 30});
  await run('ld', ['-m', 'elf_i386', '-Ttext', '0', '-e', '0', '--oformat', 'binary', '-o', code, object], {
    seconds: 30,
  });
  const boot = readFileSync(code);
  writeFileSync(image, bootableIso('LAB_INSTALLER', boot));
  copyFileSync(image, join(machine.share, 'installer.iso'));
  await machine.withShare(`install -m 644 /mnt/share/installer.iso ${path}`, 30);
  return {system: boot.subarray(512, 1024)};
};

/**
 * An ISO 9660 image with an empty directory, which starts one sector by El Torito (ECMA-119; El Torito 1.0). Sector 16 on:
 * the volume, its boot record, the end of these; the boot catalog; two path tables; the directory; the code.
 */
const bootableIso = (volumeId, code) => {
  const at = {volume: 16, bootRecord: 17, end: 18, catalog: 19, little: 20, big: 21, directory: 22, code: 23};
  const image = Buffer.alloc((at.code + 1) * sectorBytes);
  const sector = (number) => image.subarray(number * sectorBytes, (number + 1) * sectorBytes);
  const descriptor = (number, type) => {
    const bytes = sector(number);
    bytes[0] = type;
    bytes.write('CD001', 1);
    bytes[6] = 1;
    return bytes;
  };
  const root = directoryRecord(at.directory, '\0');

  const volume = descriptor(at.volume, 1);
  volume.fill(' ', 8, 72).fill(' ', 190, 813);
  volume.write(volumeId, 40);
  both32(volume, 80, at.code + 1);
  for (const place of [120, 124]) both16(volume, place, 1);
  both16(volume, 128, sectorBytes);
  both32(volume, 132, pathTable('LE', at.directory).length);
  volume.writeUInt32LE(at.little, 140);
  volume.writeUInt32BE(at.big, 148);
  root.copy(volume, 156);
  // Dates of sixteen digits that say nothing.
  for (const place of [813, 830, 847, 864]) volume.fill('0', place, place + 16);
  volume[881] = 1;

  const record = descriptor(at.bootRecord, 0);
  record.write('EL TORITO SPECIFICATION', 7);
  record.writeUInt32LE(at.catalog, 71);
  descriptor(at.end, 255);
  bootCatalog(at.code).copy(sector(at.catalog));
  pathTable('LE', at.directory).copy(sector(at.little));
  pathTable('BE', at.directory).copy(sector(at.big));
  Buffer.concat([root, directoryRecord(at.directory, '\u0001')]).copy(sector(at.directory));
  code.copy(sector(at.code));
  return image;
};

const both16 = (bytes, place, value) => {
  bytes.writeUInt16LE(value, place);
  bytes.writeUInt16BE(value, place + 2);
};

const both32 = (bytes, place, value) => {
  bytes.writeUInt32LE(value, place);
  bytes.writeUInt32BE(value, place + 4);
};

/** Of the directory itself; its parent, of the root, is the same one (ECMA-119, 9.1). */
const directoryRecord = (place, name) => {
  const record = Buffer.alloc(34);
  record[0] = record.length;
  both32(record, 2, place);
  both32(record, 10, sectorBytes);
  record[25] = 2;
  both16(record, 28, 1);
  record[32] = 1;
  record.write(name, 33, 'latin1');
  return record;
};

const pathTable = (order, place) => {
  const table = Buffer.alloc(10);
  table[0] = 1;
  table[`writeUInt32${order}`](place, 2);
  table[`writeUInt16${order}`](1, 6);
  return table;
};

/** The words of the first entry sum up to zero; the second starts four sectors of 512 bytes at 07C0:0000. */
const bootCatalog = (place) => {
  const catalog = Buffer.alloc(64);
  catalog[0] = 1;
  catalog.writeUInt16LE(0xaa55, 30);
  catalog.writeUInt16LE(0x10000 - 0xaa55 - 1, 28);
  catalog[32] = 0x88;
  catalog.writeUInt16LE(sectorBytes / 512, 38);
  catalog.writeUInt32LE(place, 40);
  return catalog;
};
