import {spawnSync} from 'node:child_process';
import {mkdirSync, symlinkSync} from 'node:fs';
import {join, resolve} from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

/** Debian's Python, for which `ansible-core` is installed. */
export const python = '/usr/bin/python3';

export const hasAnsible = spawnSync(python, ['-c', 'import ansible'], {stdio: 'ignore'}).status === 0;

/** Puts the collection where Ansible looks for `vfio_pilot.host`, and answers the environment that makes it look there. */
export const installCollection = (directory: string): Readonly<Record<string, string>> => {
  const namespace = join(directory, 'ansible_collections/vfio_pilot');
  mkdirSync(namespace, {recursive: true});
  symlinkSync(join(repository, 'integrations/ansible'), join(namespace, 'host'));
  return {
    PATH: `${resolve(process.execPath, '..')}:/usr/bin:/bin:/usr/sbin:/sbin`,
    HOME: directory,
    LANG: 'C.UTF-8',
    ANSIBLE_COLLECTIONS_PATH: directory,
    ANSIBLE_LOCAL_TEMP: join(directory, 'local'),
    ANSIBLE_REMOTE_TEMP: join(directory, 'remote'),
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_NOCOWS: '1',
    PYTHONPATH: directory,
    // The tree stays clean.
    PYTHONDONTWRITEBYTECODE: '1',
  };
};
