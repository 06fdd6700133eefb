import {basename} from 'node:path';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';

const timeoutSeconds = 60;

/**
 * libvirtd keeps the domains in memory: writing the file under it would change nothing until its restart.
 * The old domain is not validated again: libvirt had it, whatever its schema says today.
 */
export const defineDomain = async (transaction: Transaction, xmlFile: string, isNew = true): Promise<void> => {
  const check = isNew ? ['--validate'] : [];
  await runCommand(transaction, ['virsh', '-c', 'qemu:///system', 'define', ...check, xmlFile], timeoutSeconds);
};

/** `--keep-nvram`: the firmware's variables are the guest's, not ours (virsh(1) refuses to undefine without a choice). */
export const undefineDomain = async (transaction: Transaction, path: string): Promise<void> => {
  await runCommand(transaction, ['virsh', '-c', 'qemu:///system', 'undefine', basename(path, '.xml'), '--keep-nvram'], timeoutSeconds);
};
