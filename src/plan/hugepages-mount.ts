import type {HostFacts} from '../host/facts.ts';
import type {MemoryPlan} from './plan.ts';

type Hugepages = NonNullable<MemoryPlan['hugepages']>;
type Mount = NonNullable<Hugepages['mount']>;

/** Where pages of this size have to be mounted; `null` where libvirt finds them without us. */
export const hugepagesMount = (facts: HostFacts, pages: Pick<Hugepages, 'sizeKiB' | 'method'>): Mount | null => {
  const mount = pages.sizeKiB >= 1048576 ? '/dev/hugepages1G' : '/dev/hugepages2M';
  // Pages of 1 GiB that are set aside at boot become the default size (default_hugepagesz=), which systemd mounts.
  const defaultKiB = pages.sizeKiB >= 1048576 && pages.method !== 'hook' ? pages.sizeKiB : (facts.memory.defaultHugepageKiB ?? 2048);
  if (pages.sizeKiB === defaultKiB) return null;
  const isThere = facts.memory.hugetlbfsMounts.some(({path, sizeKiB}) => sizeKiB === pages.sizeKiB && path !== mount);
  const isForeign = facts.memory.hugetlbfsMounts.some(({path}) => path === mount) && facts.files[mountUnitPath(mount)] === undefined;
  return isThere || isForeign ? null : mount;
};

/** A mount unit is named after its path (systemd.mount(5)). */
export const mountUnit = (mount: Mount): string => `${mount.slice(1).replaceAll('/', '-')}.mount`;
export const mountUnitPath = (mount: Mount): string => `/etc/systemd/system/${mountUnit(mount)}`;
