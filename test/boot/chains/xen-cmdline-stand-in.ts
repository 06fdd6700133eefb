import {spawnSync} from 'node:child_process';
import {resolve} from 'node:path';
import type {Program} from '../../../src/system/machine.ts';

const program = resolve(import.meta.dirname, '../../support/stand-in-dom0/xen-cmdline.mjs');

/** Our own code, in the place of XCP-ng's. */
export const xenCmdline: Program = ([, ...args], {root}) => {
  const {stdout} = spawnSync(process.execPath, [program, root, ...args], {encoding: 'utf8'});
  return {exitCode: 0, stdout};
};
