import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, renameSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

/**
 * Real machines and real configuration files that the licence does not let us ship. They lie next to the checkout
 * (or where VFIO_PILOT_SHARED points); a test that needs them skips with a word where they are not.
 */
const shared = process.env['VFIO_PILOT_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');

const unpacked = (archive: string): string | null => {
  const file = join(shared, archive);
  if (!existsSync(file)) return null;
  const {size, mtimeMs} = statSync(file);
  const cache = join(
    process.env['VFIO_PILOT_UNPACKED'] ?? tmpdir(),
    `vfio-pilot-shared-${size}-${Math.trunc(mtimeMs)}`,
  );
  if (!existsSync(cache)) {
    const making = `${cache}.${process.pid}`;
    mkdirSync(making, {recursive: true});
    execFileSync('tar', ['-xJf', file, '-C', making]);
    try {
      renameSync(making, cache);
    } catch (error) {
      if (!existsSync(cache)) throw error;
    }
  }
  return cache;
};

/** Holds `roots/SET/NAME/` and `oracle/cpu/SET__NAME.json`; `null` when the machines are not there. */
export const machinesDirectory = (): string | null => unpacked('hosts/hosts.tar.xz');

/** Holds `mined/{grub,domain-xml,modprobe}`, `grub-odd` and `oracle/dev/*.jsonl`; `null` when it is not there. */
export const corpusDirectory = (): string | null => unpacked('corpus/corpus.tar.xz');
