import {execFileSync, spawnSync} from 'node:child_process';
import {join, resolve} from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

/** Debian's Python, for which `ansible-core` is installed. */
export const python = '/usr/bin/python3';

export const hasAnsible = spawnSync(python, ['-c', 'import ansible'], {stdio: 'ignore'}).status === 0;

/** Builds and installs `vfio_pilot.host` as a person does, and answers the environment that makes Ansible look there. */
export const installCollection = (directory: string): Readonly<Record<string, string>> => {
  const env = environmentOf(directory);
  if (!hasAnsible) return env;
  const galaxy = (...words: readonly string[]) =>
    execFileSync('ansible-galaxy', ['collection', ...words], {env, stdio: ['ignore', 'pipe', 'inherit']});
  galaxy('build', join(repository, 'integrations/ansible'), '--output-path', directory);
  galaxy('install', join(directory, 'vfio_pilot-host-0.1.0.tar.gz'), '-p', directory);
  return env;
};

const environmentOf = (directory: string): Readonly<Record<string, string>> => ({
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
});
