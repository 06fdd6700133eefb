import type {DomainFacts, PciAddress} from './facts.ts';
import {parseCpuList} from './kernel-lists.ts';
import {flatElements} from './xml-values.ts';
import type {FlatElement} from './xml-values.ts';

/** What a defined guest takes from the host while it runs. */
export type DomainUse = {
  /** Host CPUs that vCPUs are pinned to, one by one; a range that leaves the choice to the host counts for nothing. */
  readonly pinnedCpus: readonly number[];
  readonly hostdevs: readonly PciAddress[];
  readonly memoryKiB: number;
  /** Size of the huge pages that back it; `null` for ordinary memory. */
  readonly pageKiB: number | null;
  /** Memory by host node, as far as the guest says; the rest is anywhere. */
  readonly perNodeKiB: ReadonlyMap<number, number>;
};

const unitsKiB: Readonly<Record<string, number>> = {b: 1 / 1024, bytes: 1 / 1024, KB: 1000 / 1024, k: 1, KiB: 1, MB: 1e6 / 1024, M: 1024, MiB: 1024, GB: 1e9 / 1024, G: 1048576, GiB: 1048576, T: 1073741824, TiB: 1073741824};

/** Forgives what libvirt would refuse: a broken domain takes nothing. */
export const domainUse = ({xml}: DomainFacts): DomainUse => {
  const elements = flatElements(xml ?? '');
  const at = (path: string): readonly FlatElement[] => elements.filter((element) => element.path === path);
  const memoryKiB = sizeKiB(at('domain/memory')[0]);
  const page = at('domain/memoryBacking/hugepages/page')[0];
  return {
    pinnedCpus: [...new Set(at('domain/cputune/vcpupin').flatMap(({attributes}) => singleCpus(attributes['cpuset'])))].sort((a, b) => a - b),
    hostdevs: at('domain/devices/hostdev/source/address').flatMap(({attributes}) => addressOf(attributes)),
    memoryKiB,
    // Without <page> it is the host's default size, which is 2 MiB unless somebody changed it.
    pageKiB: page === undefined ? (at('domain/memoryBacking/hugepages').length > 0 ? 2048 : null) : Number(page.attributes['size'] ?? 0) * (unitsKiB[page.attributes['unit'] ?? 'KiB'] ?? 0),
    perNodeKiB: perNode(elements, memoryKiB),
  };
};

const sizeKiB = (element: FlatElement | undefined): number =>
  element === undefined ? 0 : Math.round((Number(element.text.trim()) || 0) * (unitsKiB[element.attributes['unit'] ?? 'KiB'] ?? 0));

/** The threads of one core at most: a vCPU that may wander over more is not pinned. */
const singleCpus = (list: string | undefined): readonly number[] => {
  const cpus = parseCpuList(list ?? '') ?? [];
  return cpus.length <= 2 ? cpus : [];
};

/** A USB device has an address with other attributes. */
const addressOf = ({domain = '0', bus, slot, function: part = '0'}: FlatElement['attributes']): readonly PciAddress[] => {
  const [segment, busNumber, device, index] = [domain, bus, slot, part].map((text) => Number(text ?? Number.NaN));
  if (![segment, busNumber, device, index].every((value) => Number.isInteger(value))) return [];
  const hex = (value: number | undefined, digits: number): string => (value ?? 0).toString(16).padStart(digits, '0');
  return [`${hex(segment, 4)}:${hex(busNumber, 2)}:${hex(device, 2)}.${hex(index, 1)}`];
};

/** Cells with a node of their own, else all of it in equal parts on the nodes of <numatune>. */
const perNode = (elements: readonly FlatElement[], memoryKiB: number): ReadonlyMap<number, number> => {
  const nodes = new Map<number, number>();
  const put = (list: string | undefined, size: number): void => {
    const ids = parseCpuList(list ?? '') ?? [];
    for (const id of ids) nodes.set(id, (nodes.get(id) ?? 0) + size / ids.length);
  };
  const cells = elements.filter(({path}) => path === 'domain/cpu/numa/cell');
  const places = elements.filter(({path}) => path === 'domain/numatune/memnode');
  if (places.length > 0) {
    for (const {attributes} of places) {
      const cell = cells.find((one) => one.attributes['id'] === attributes['cellid']);
      put(attributes['nodeset'], Math.round(Number(cell?.attributes['memory'] ?? 0) * (unitsKiB[cell?.attributes['unit'] ?? 'KiB'] ?? 0)));
    }
  } else put(elements.find(({path}) => path === 'domain/numatune/memory')?.attributes['nodeset'], memoryKiB);
  return nodes;
};
