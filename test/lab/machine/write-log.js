import {truncateSync, writeFileSync} from 'node:fs';

/** Sparse; QEMU does not let the log grow. */
const logBytes = 4 * 1024 ** 3;

/**
 * The disk behind QEMU's filter that notes every write and flush in a file (test/crash/block-log.ts reads it). Internal
 * snapshots can neither be taken nor started through it, so that such a machine boots through its firmware.
 */
export const withWriteLog = (args, disk, log) => {
  if (log === undefined) return args;
  const at = args.findIndex((argument) => argument.startsWith('if=none,id=disk,'));
  writeFileSync(log, '');
  truncateSync(log, logBytes);
  const options = [
    'if=none,id=disk,cache=writeback,driver=blklogwrites,log-sector-size=512,log-super-update-interval=1',
    `file.driver=qcow2,file.file.driver=file,file.file.filename=${disk}`,
    // The emulator is not what loses power: without a sync of the log itself after each write.
    `log.driver=file,log.filename=${log},log.cache.no-flush=on`,
  ];
  return args.with(at, options.join());
};
