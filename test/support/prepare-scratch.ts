import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-'));

/** A temporary directory for one run; as open as /tmp, because some tests change their user. */
export const setup = (): void => {
  chmodSync(scratch, 0o1777);
  process.env['TMPDIR'] = scratch;
};

/** With all that tests left there. */
export const teardown = (): void => rmSync(scratch, {recursive: true, force: true});
