import {parseGuestConfig} from '../formats/qemu-server/config.ts';
import {editGuestConfig} from '../formats/qemu-server/edit-config.ts';
import type {Machine, Program} from '../system/machine.ts';

const directory = '/etc/pve/qemu-server';

/**
 * qm for a dry run, on files in memory: the settings are put where Proxmox keeps the guest, and its own checks are not
 * made. Without it a dry run could not look at what comes after.
 */
export const dryQm: Program = ([, verb = '', vmid = '', ...options], machine) => {
  const path = `${directory}/${vmid}.conf`;
  if (verb === 'destroy') machine.unlink(path);
  if (verb === 'set' || verb === 'create') {
    const present = verb === 'create' ? '' : machine.read(path).toString('utf8');
    write(machine, path, editGuestConfig(present, wishesOf(options, present)));
  }
  return {exitCode: 0};
};

const wishesOf = (options: readonly string[], present: string): ReadonlyMap<string, string | null> => {
  const wishes = new Map<string, string | null>();
  const current = new Map(parseGuestConfig(present).current.map(({key, value}) => [key, value]));
  for (let index = 0; index + 1 < options.length; index += 2) {
    const [name = '', value = ''] = options.slice(index, index + 2);
    if (name === '--delete') for (const key of value.split(',')) wishes.set(key, null);
    else if (name === '--revert') for (const key of value.split(',')) wishes.set(key, current.get(key) ?? null);
    else if (name !== '--digest') wishes.set(name.replace(/^--/, ''), value);
  }
  return wishes;
};

const write = (machine: Machine, path: string, text: string): void => {
  const file = machine.create(`${path}.new`);
  file.write(Buffer.from(text));
  file.close();
  machine.rename(`${path}.new`, path);
};
