import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A temporary directory for one run; as open as /tmp, because some tests change their user. Removed with all that tests left there. */
export const setup = (): (() => void) => {
  // Each project of the configuration calls this; the first one makes the directory for all.
  if (process.env['VFIO_PILOT_SCRATCH'] !== undefined) return () => undefined;
  const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-'));
  chmodSync(scratch, 0o1777);
  process.env['VFIO_PILOT_SCRATCH'] = scratch;
  process.env['TMPDIR'] = scratch;
  process.env['VFIO_PILOT_GOLDENS'] = join(scratch, 'goldens-read');
  // Ink draws only the last frame where it finds CI.
  process.env['CI'] = 'false';
  return () => rmSync(scratch, {recursive: true, force: true});
};
