import {parseCpuList} from '../../facts/kernel-lists.ts';
import type {IsolationFacts} from '../../facts/kernel.ts';
import type {Source} from '../../system/source.ts';
import {readMounts} from '../needs/mounts.ts';
import {readPackageVersion} from './packages.ts';

export const readIsolation = (source: Source): IsolationFacts => ({
  cgroupControllers: readControllers(source),
  systemdVersion:
    /^systemd (\d+)/.exec(source.run('systemctl', ['--version']) ?? '')?.[1] ?? readPackageVersion(source, ['systemd']),
  hasIrqbalance: source.exists('/usr/sbin/irqbalance') || source.exists('/usr/bin/irqbalance'),
  isolatedCpus: parseCpuList(source.text('/sys/devices/system/cpu/isolated') ?? '?'),
});

/** The file is at the top of the unified hierarchy only; the hybrid layout of cgroup v1 has that one below `unified`. */
const readControllers = (source: Source): IsolationFacts['cgroupControllers'] => {
  const text = source.text('/sys/fs/cgroup/cgroup.controllers');
  if (text !== null)
    return text
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
  const mounted = readMounts(source).find((mount) => mount.path === '/sys/fs/cgroup');
  return mounted?.type === 'tmpfs' || source.exists('/sys/fs/cgroup/cpuset') ? [] : null;
};
