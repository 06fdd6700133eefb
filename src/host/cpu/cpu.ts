import type {Cpu, CpuFacts, CpuKind} from '../../facts/cpu.ts';
import {formatCpuList, strip} from '../../facts/kernel-lists.ts';
import type {Source} from '../../system/source.ts';
import {malformedFile, oncePerFileName, readCpuList, readCpuMask, readKernelNumber} from '../kernel/kernel-file.ts';
import {readNodeMembers} from '../memory/numa.ts';
import type {Note} from '../reader.ts';
import {type CpuInfoThread, parseCpuInfo, parseCpuInfoThreads} from './cpu-info.ts';
import {cpuDirectory, type CpuIds, numberedEntries, readCpuIds} from './online-cpus.ts';

/**
 * The perf drivers of hybrid Intel processors name their CPUs, online ones only; `cpu_lowpower` since Linux 6.13.
 * Other hybrids (ARM big.LITTLE) have no such files and count as one kind.
 */
const readCpuKinds = (source: Source, note: Note): ((id: number) => CpuKind) => {
  const performance = readKind(source, note, ['cpu_core']);
  const efficiency = readKind(source, note, ['cpu_atom', 'cpu_lowpower']);
  if (performance.size === 0 || efficiency.size === 0) return () => 'core';
  return (id) => (performance.has(id) ? 'performance' : efficiency.has(id) ? 'efficiency' : 'core');
};

const readKind = (source: Source, note: Note, drivers: readonly string[]): ReadonlySet<number> =>
  new Set(drivers.flatMap((driver) => readCpuList(source, note, `/sys/devices/${driver}/cpus`) ?? []));

type L3 = {
  /** CPUs that share it as the kernel lists them, offline ones included. */
  readonly cpus: readonly number[];
  readonly sizeKiB: number | null;
};

/**
 * The level-3 cache above a CPU, at whatever index it is; `null` when there is none (VMs, ARM, some E-cores).
 * A list that is word for word that of a cache known already, at the same index, is the same cache: one file then
 * answers instead of five.
 */
const l3Reader = (source: Source, note: Note): ((id: number) => L3 | null) => {
  const known = new Map<string, L3>();
  let usual = 3;
  return (id) => {
    const directory = `${cpuDirectory}/cpu${id}/cache`;
    const same = known.get(`${usual} ${source.text(sharedList(directory, usual))}`);
    if (same !== undefined) return same;
    const indexes = numberedEntries(source.list(directory), 'index').toReversed();
    const index = indexes.find((index) => isL3(source, `${directory}/index${index}`));
    if (index === undefined) return null;
    const l3 = readShares(source, note, `${directory}/index${index}`);
    usual = index;
    const list = source.text(sharedList(directory, index));
    if (list !== null && list.trim() !== '' && l3?.cpus.includes(id) === true) known.set(`${index} ${list}`, l3);
    return l3;
  };
};

const sharedList = (directory: string, index: number): string => `${directory}/index${index}/shared_cpu_list`;

/** Captured trees may lack `type`; level 3 is unified on every machine that says. */
const isL3 = (source: Source, directory: string): boolean =>
  strip(source.text(`${directory}/level`) ?? '') === '3' &&
  strip(source.text(`${directory}/type`) ?? 'Unified') === 'Unified';

const readShares = (source: Source, note: Note, directory: string): L3 | null => {
  const listed = readCpuList(source, note, `${directory}/shared_cpu_list`);
  const cpus =
    listed === null || listed.length === 0 ? readCpuMask(source, note, `${directory}/shared_cpu_map`) : listed;
  if (cpus === null || cpus.length === 0) return null;
  return {cpus, sizeKiB: readSizeKiB(source, note, `${directory}/size`)};
};

const readSizeKiB = (source: Source, note: Note, path: string): number | null => {
  const text = source.text(path);
  if (text === null) return null;
  const size = parseCacheSizeKiB(text);
  if (size === null) note(malformedFile(path, text));
  return size;
};

/** `33M`, `25344K` → KiB. */
export const parseCacheSizeKiB = (text: string): number | null => {
  const [, digits, unit] = /^(\d{1,9})([KMG])$/.exec(strip(text)) ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (unit === 'G' ? 1024 * 1024 : unit === 'M' ? 1024 : 1);
};

/** Where a hardware thread sits. */
type CorePlace = {
  readonly package: number | null;
  readonly die: number | null;
  readonly core: number | null;
  /** Online threads of the core; empty when no file tells. */
  readonly siblings: readonly number[];
};

/** Threads of the same core as the kernel lists them, `null` when no file tells. */
const readSiblings = (source: Source, note: Note, id: number): readonly number[] | null => {
  const directory = `${cpuDirectory}/cpu${id}/topology`;
  return (
    filled(readCpuList(source, note, `${directory}/core_cpus_list`)) ??
    filled(readCpuList(source, note, `${directory}/thread_siblings_list`)) ??
    filled(readCpuMask(source, note, `${directory}/core_cpus`)) ??
    filled(readCpuMask(source, note, `${directory}/thread_siblings`))
  );
};

/** Numbers of package, die and core: one answer for all threads of a core. */
const readCoreNumbers = (source: Source, note: Note, id: number): Omit<CorePlace, 'siblings'> => {
  const directory = `${cpuDirectory}/cpu${id}/topology`;
  return {
    package: readKernelNumber(source, note, `${directory}/physical_package_id`),
    die: readKernelNumber(source, note, `${directory}/die_id`),
    core: readKernelNumber(source, note, `${directory}/core_id`),
  };
};

const filled = (ids: readonly number[] | null): readonly number[] | null =>
  ids === null || ids.length === 0 ? null : ids;

const cpuInfoPath = '/proc/cpuinfo';

/** The processor and every CPU that sysfs names; without sysfs, those of /proc/cpuinfo. */
export const readCpu = (source: Source, note: Note): CpuFacts => {
  const once = oncePerFileName(note);
  const text = source.text(cpuInfoPath) ?? '';
  if (text.trim() === '' && source.exists(cpuInfoPath) && !source.denied.has(cpuInfoPath))
    once(malformedFile(cpuInfoPath, text));
  const ids = readCpuIds(source, once);
  const cpus = ids.all.length > 0 ? readCpus(source, once, ids) : describeThreads(parseCpuInfoThreads(text));
  const {vendor, model, architecture, flags, physicalBits} = parseCpuInfo(text);
  return {
    vendor,
    model,
    architecture,
    virtualisation: flags?.includes('vmx') === true ? 'vmx' : flags?.includes('svm') === true ? 'svm' : null,
    flags,
    physicalBits,
    online: formatCpuList(cpus.filter((cpu) => cpu.online).map((cpu) => cpu.id)),
    hybrid: cpus.some((cpu) => cpu.kind === 'performance') && cpus.some((cpu) => cpu.kind === 'efficiency'),
    cpus,
  };
};

const readCpus = (source: Source, note: Note, ids: CpuIds): readonly Cpu[] => {
  const kindOf = readCpuKinds(source, note);
  const nodeOf = readNodeOf(source);
  const coreOf = coreReader(source, note, ids.online);
  return ids.all.map((id) => {
    const online = ids.online.has(id);
    const {place, l3} = online ? coreOf(id) : offlineCore;
    return {
      id,
      node: nodeOf.get(id) ?? null,
      ...place,
      l3: l3?.cpus ?? null,
      l3KiB: l3?.sizeKiB ?? null,
      kind: kindOf(id),
      online,
    };
  });
};

type Core = {readonly place: CorePlace; readonly l3: L3 | null};

/** The kernel removes `topology` and `cache` of a CPU that goes offline. */
const offlineCore: Core = {place: {package: null, die: null, core: null, siblings: []}, l3: null};

/**
 * Threads of one core share its numbers and its caches, so those are read once for each core: on 512 CPUs
 * that halves the number of files. A CPU's own sibling list is always read.
 */
const coreReader = (source: Source, note: Note, online: ReadonlySet<number>): ((id: number) => Core) => {
  const cores = new Map<string, Core>();
  const readL3 = l3Reader(source, note);
  return (id) => {
    const siblings = (readSiblings(source, note, id) ?? []).filter((sibling) => online.has(sibling));
    const key = siblings.includes(id) ? siblings.join(',') : `alone ${id}`;
    const known = cores.get(key);
    if (known !== undefined) return known;
    const l3 = readL3(id);
    const core = {
      place: {...readCoreNumbers(source, note, id), siblings},
      l3: l3 === null ? null : {...l3, cpus: l3.cpus.filter((cpu) => online.has(cpu))},
    };
    cores.set(key, core);
    return core;
  };
};

/** Of two nodes that claim one CPU the lower id wins; `readNodes` tells of it. */
const readNodeOf = (source: Source): ReadonlyMap<number, number> => {
  const nodes = readNodeMembers(source, () => undefined);
  return new Map(nodes.toReversed().flatMap(({id, cpus}) => cpus.map((cpu): [number, number] => [cpu, id])));
};

/** Threads of one core have the same package and core there; nothing is known about a CPU without both. */
const describeThreads = (threads: readonly CpuInfoThread[]): readonly Cpu[] => {
  const byId = [...new Map(threads.map((thread) => [thread.id, thread])).values()].sort((a, b) => a.id - b.id);
  const cores = new Map<string, number[]>();
  for (const thread of byId) cores.set(coreKey(thread), [...(cores.get(coreKey(thread)) ?? []), thread.id]);
  return byId.map((thread) => ({
    id: thread.id,
    node: null,
    package: thread.package,
    die: null,
    core: thread.core,
    siblings: thread.core === null ? [] : (cores.get(coreKey(thread)) ?? []),
    l3: null,
    l3KiB: null,
    kind: 'core',
    online: true,
  }));
};

const coreKey = (thread: CpuInfoThread): string => `${thread.package}:${thread.core}`;
