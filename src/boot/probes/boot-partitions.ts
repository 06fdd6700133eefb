import type {Tools} from '../../artifacts/ports.ts';
import {CommandError} from '../../errors.ts';
import {readEntryOptions} from '../../formats/boot-entry/loader-entry.ts';
import type {Machine} from '../../system/machine.ts';
import type {CommandLine} from './boot-file.ts';

const directory = '/loader/entries';
const reader = '/usr/bin/grub-fstest';
const isProxmoxEntry = (name: string): boolean => /^proxmox-.+\.conf$/.test(name);

/**
 * The entries on each of the EFI partitions that proxmox-boot-tool fills. It mounts them for itself alone, and passes over
 * one that it does not find without an error: so one that can't be read is a warning, and no failure.
 */
export const readPartitions = async (tools: Tools, listPath: string): Promise<readonly CommandLine[]> => {
  const uuids = tools.machine
    .read(listPath)
    .toString('utf8')
    .split(/\s+/)
    .filter((uuid) => /^[\w-]+$/.test(uuid));
  const lines: CommandLine[] = [];
  for (const uuid of uuids) lines.push(...(await readPartition(tools, `/dev/disk/by-uuid/${uuid}`)));
  return lines;
};

const readPartition = async (tools: Tools, device: string): Promise<readonly CommandLine[]> => {
  try {
    const mounted = mountPoint(tools.machine, device);
    const found =
      mounted === null ? await readUnmounted(tools, device) : readMounted(tools.machine, `${mounted}${directory}`);
    if (found?.length === 0)
      throw new CommandError(`${device} has no entry of Proxmox VE.`, {argv: [reader], exitCode: null, nextStep: ''});
    return found ?? [];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    tools.warn(`The boot entries on ${device} could not be read back: ${error.message} See proxmox-boot-tool status.`);
    return [];
  }
};

/** The device itself would say what was on it before the kernel wrote its pages down. */
const readMounted = (machine: Machine, path: string): readonly CommandLine[] =>
  machine
    .list(path)
    .filter(isProxmoxEntry)
    .map((name) => ({
      where: `${path}/${name}`,
      line: readEntryOptions(machine.read(`${path}/${name}`).toString('utf8')),
    }));

/** GRUB's own reader of file systems, which comes with every GRUB and mounts nothing; `null` where no program runs. */
const readUnmounted = async (tools: Tools, device: string): Promise<readonly CommandLine[] | null> => {
  const listing = await tools.run([reader, device, 'ls', `${directory}/`], 60);
  if (listing.state === 'not-run') return null;
  const lines: CommandLine[] = [];
  for (const name of listing.stdout.split(/\s+/).filter(isProxmoxEntry)) {
    const entry = await tools.run([reader, device, 'cat', `${directory}/${name}`], 60);
    if (entry.state === 'ended') lines.push({where: `${name} on ${device}`, line: readEntryOptions(entry.stdout)});
  }
  return lines;
};

const mountPoint = (machine: Machine, device: string): string | null => {
  if (machine.stat(device)?.type !== 'symlink' || machine.stat('/proc/1/mounts') === null) return null;
  const real = `/dev/${machine.readLink(device).split('/').at(-1)}`;
  const mounts = machine
    .read('/proc/1/mounts')
    .toString('utf8')
    .split('\n')
    .map((line) => line.split(' '));
  return mounts.find(([source]) => source === real)?.[1] ?? null;
};
