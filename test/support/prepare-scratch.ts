import {accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A temporary directory for one run; as open as /tmp, because some tests change their user. Removed with all that tests left there. */
export const setup = (): (() => void) => {
  // Each project of the configuration calls this; the first one makes the directory for all.
  if (process.env['VFIO_PILOT_SCRATCH'] !== undefined) return () => undefined;
  const scratch = mkdtempSync(join(parentDirectory(), 'vfio-pilot-'));
  chmodSync(scratch, 0o1777);
  process.env['VFIO_PILOT_SCRATCH'] = scratch;
  process.env['TMPDIR'] = scratch;
  process.env['VFIO_PILOT_GOLDENS'] = join(scratch, 'goldens-read');
  // Ink draws only the last frame where it finds CI.
  process.env['CI'] = 'false';
  return () => rmSync(scratch, {recursive: true, force: true});
};

const memory = '/dev/shm';
/** Bytes. Ten times what a run leaves there; containers have 64 MiB by default. */
const enough = 3 * 2 ** 30;

/**
 * In memory where there is room: the tests make and remove some hundred thousand files and sync as often, and no power is
 * cut. On a disk that discards what is freed, removing the files alone took two minutes.
 */
const parentDirectory = (): string => {
  try {
    accessSync(memory, constants.W_OK);
    const {bavail, bsize} = statfsSync(memory);
    return bavail * bsize >= enough ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
};
