import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {machinesDirectory} from '../support/shared-data.ts';

const sets = ['hwloc', 'ghw', 'util-linux', 'libvirt', 'nri-plugins', 'composite', 'procfs'];

/** Real machines with CPUs; none where the shared data is not there. */
export const machineTrees = (): readonly string[] => {
  const machines = machinesDirectory();
  if (machines === null) return [];
  return sets.flatMap((set) =>
    readdirSync(join(machines, 'roots', set), {withFileTypes: true})
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(machines, 'roots', set, entry.name)),
  );
};
