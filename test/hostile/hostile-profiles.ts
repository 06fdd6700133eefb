import {documentedKeys} from '../../src/pipeline/profile-file.ts';

/** Every key of a profile that holds a value of its own, from the table that decodes them: a new key is in it on its own. */
export const fields: readonly string[] = documentedKeys()
  .map(({path}) => path)
  .filter((path, _, all) => !all.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[]`)));

type Tree = {[key: string]: unknown};

const sound = (): Tree => ({
  version: '1',
  name: 'sound',
  devices: [
    {address: '0000:06:00.0', id: '10de:1c81'},
    {address: '0000:06:00.1', id: '10de:0fb9'},
  ],
  cpu: {vcpus: '8'},
  memory: {size: '12 GiB'},
  guest: {
    name: 'win10',
    os: 'windows-10',
    domain: 'new',
    disk: '/var/lib/libvirt/images/win10.qcow2',
    cdrom: '/x.iso',
    lookingGlass: {user: 'alice', resolution: '1920x1080'},
    share: [{dir: '/srv/share', tag: 'share'}],
  },
});

/** JSON is YAML, and writes any text on one line. */
export const soundProfile = JSON.stringify(sound());

/** A sound profile but for one field, which holds `value`. */
export const hostileProfile = (path: string, value: unknown): string => {
  const profile = sound();
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  const holder = parts.reduce<Tree>((tree, part) => {
    const name = part.replace('[]', '');
    tree[name] ??= {};
    const next = tree[name];
    return (Array.isArray(next) ? next[0] : next) as Tree;
  }, profile);
  holder[last] = value;
  return JSON.stringify(profile);
};
