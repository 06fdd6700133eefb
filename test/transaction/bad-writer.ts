import type {Machine} from '../../src/system/machine.ts';

const isTarget = (path: string): boolean => !path.startsWith('/var/lib/vfio-pilot');

/** Writers with the faults of well-known ones, to show that the assertions would notice them in ours. */
export const badWriter = (machine: Machine, kind: 'in-place' | 'remove-first' | 'forgets-temps'): Machine => {
  if (kind === 'forgets-temps') {
    // Not in the journal: a name of its own.
    return {
      ...machine,
      create: (path) => machine.create(isTarget(path) && path.includes('.vfio-pilot-') ? `${path}x` : path),
      rename: (from, to) =>
        machine.rename(
          isTarget(to) && from.includes('.vfio-pilot-') && machine.stat(`${from}x`) !== null ? `${from}x` : from,
          to,
        ),
    };
  }
  return {
    ...machine,
    rename: (from, to) => {
      if (!isTarget(to) || machine.stat(from)?.type !== 'file') return machine.rename(from, to);
      const bytes = machine.read(from);
      const mode = machine.stat(from)?.mode ?? 0o644;
      if (machine.stat(to) !== null) machine.unlink(to);
      if (kind === 'remove-first') return machine.rename(from, to);
      const file = machine.create(to);
      file.write(bytes);
      file.chmod(mode);
      file.close();
      machine.unlink(from);
    },
  };
};
