import {copyFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {run} from './processes.js';

const project = new URL('../..', import.meta.url).pathname;

/** What a user would download: the packed package, built from this checkout. */
export const packProgram = async (directory) => {
  await run('npm', ['run', '--silent', 'build'], {seconds: 120, cwd: project});
  await run('npm', ['pack', '--silent', '--pack-destination', directory], {seconds: 120, cwd: project});
  return join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.tgz')),
  );
};

/** What `npm install --global` does with a package without dependencies; npm itself is minutes in an emulator. */
export const installProgram = async (machine, archive) => {
  copyFileSync(archive, join(machine.share, 'vfio-pilot.tgz'));
  await machine.withShare(
    'mkdir -p /usr/local/lib/node_modules/vfio-pilot && tar -xzf /mnt/share/vfio-pilot.tgz --strip-components=1 -C /usr/local/lib/node_modules/vfio-pilot && chmod 755 /usr/local/lib/node_modules/vfio-pilot/bin/vfio-pilot.js && ln -sf ../lib/node_modules/vfio-pilot/bin/vfio-pilot.js /usr/local/bin/vfio-pilot',
    120,
  );
};
