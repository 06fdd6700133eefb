import {spawnSync} from 'node:child_process';
import {run} from '../processes.js';

/** Where build-disk.js puts the EFI partition, in bytes. */
export const espRegion = {offset: 2 ** 20, size: 256 * 2 ** 20};

/** The EFI partition of a disk that no machine uses, as an image of its own. */
export const copyEsp = async (disk, image) => {
  const part = `driver=raw,offset=${espRegion.offset},size=${espRegion.size},file.driver=qcow2,file.file.driver=file,file.file.filename=${disk}`;
  await run('qemu-img', ['convert', '-O', 'raw', '--image-opts', part, image], {seconds: 120});
};

/** Lower-case path → bytes of each file in a FAT image. This machine's kernel may not know FAT, and what is broken shall be read as far as it goes. */
export const readEsp = (image) => {
  const tool = (program, ...args) => spawnSync(program, ['-i', image, ...args], {maxBuffer: espRegion.size}).stdout;
  const paths = tool('mdir', '-/', '-b', '::').toString().split('\n').filter((line) => line.startsWith('::/') && !line.endsWith('/'));
  // systemd-boot itself renews its random seed.
  return new Map(paths.filter((path) => path !== '::/loader/random-seed').map((path) => [path.slice(2).toLowerCase(), tool('mtype', path)]));
};
