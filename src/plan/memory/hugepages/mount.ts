import type {HostFacts} from '../../../facts/host-facts.ts';
import {kibPerGiB} from '../../../facts/memory.ts';
import {lastingArguments} from '../../arguments/host-command-line.ts';
import type {HugepagePlan} from '../../plan.ts';

type Mount = NonNullable<HugepagePlan['mount']>;

/** Where pages of this size have to be mounted; `null` where libvirt finds them without us. */
export const hugepagesMount = (
  facts: HostFacts,
  pages: Pick<HugepagePlan, 'sizeKiB' | 'method'>,
  otherSizes: readonly number[],
): Mount | null => {
  const mount = pages.sizeKiB >= kibPerGiB ? '/dev/hugepages1G' : '/dev/hugepages2M';
  if (pages.sizeKiB === defaultPageKiB(facts, pages, otherSizes)) return null;
  const isThere = facts.memory.hugetlbfsMounts.some(
    ({path, sizeKiB}) => sizeKiB === pages.sizeKiB && path !== mount && path !== '/dev/hugepages',
  );
  const isForeign =
    facts.memory.hugetlbfsMounts.some(({path}) => path === mount) && facts.files[mountUnitPath(mount)] === undefined;
  return isThere || isForeign ? null : mount;
};

/**
 * The default size after the next boot, which /dev/hugepages is mounted with. Pages of 1 GiB that are set aside at boot
 * become the default (`default_hugepagesz=`), unless another guest finds pages of another size there.
 */
export const defaultPageKiB = (
  facts: HostFacts,
  {sizeKiB, method}: Pick<HugepagePlan, 'sizeKiB' | 'method'>,
  otherSizes: readonly number[],
): number => {
  const [configured] = lastingArguments(facts, 'default_hugepagesz');
  const configuredKiB = configured === undefined ? null : configured.toUpperCase() === '1G' ? kibPerGiB : 2048;
  if (method === 'hook') return configuredKiB ?? facts.memory.defaultHugepageKiB ?? 2048;
  if (configuredKiB !== null && (configuredKiB === sizeKiB || otherSizes.includes(configuredKiB))) return configuredKiB;
  if (sizeKiB >= kibPerGiB && otherSizes.length === 0) return sizeKiB;
  return configuredKiB === null ? (facts.memory.defaultHugepageKiB ?? 2048) : 2048;
};

/** A mount unit is named after its path (systemd.mount(5)). */
export const mountUnit = (mount: Mount): string => `${mount.slice(1).replaceAll('/', '-')}.mount`;

export const mountUnitPath = (mount: Mount): string => `/etc/systemd/system/${mountUnit(mount)}`;
