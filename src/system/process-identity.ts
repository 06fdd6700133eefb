import {readFileSync} from 'node:fs';
import type {ProcessIdentity} from './machine.ts';

/** proc(5): field 22 of stat, counted after the command's name, which may itself hold spaces and parentheses. */
export const readStartTime = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
};

export const readProcessIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  startTime: readStartTime(process.pid) ?? '0',
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
});
