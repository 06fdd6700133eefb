import type {Source} from '../system/source.ts';
import {l3Reader, type L3} from './cpu-cache.ts';
import {readCoreNumbers, readSiblings, type CorePlace} from './cpu-core.ts';
import {parseCpuInfo, parseCpuInfoThreads, type CpuInfoThread} from './cpu-info.ts';
import {readCpuKinds} from './cpu-kinds.ts';
import type {Cpu, CpuFacts} from './facts.ts';
import {malformedFile, oncePerFileName} from './kernel-file.ts';
import {formatCpuList} from './kernel-lists.ts';
import {readNodeMembers} from './node-membership.ts';
import {readCpuIds, type CpuIds} from './online-cpus.ts';
import type {Note} from './reader.ts';

const cpuInfoPath = '/proc/cpuinfo';

/** The processor and every CPU that sysfs names; without sysfs, those of /proc/cpuinfo. */
export const readCpu = (source: Source, note: Note): CpuFacts => {
  const once = oncePerFileName(note);
  const text = source.text(cpuInfoPath) ?? '';
  if (text.trim() === '' && source.exists(cpuInfoPath) && !source.denied.has(cpuInfoPath)) once(malformedFile(cpuInfoPath, text));
  const ids = readCpuIds(source, once);
  const cpus = ids.all.length > 0 ? readCpus(source, once, ids) : describeThreads(parseCpuInfoThreads(text));
  const {vendor, model, architecture, flags} = parseCpuInfo(text);
  return {
    vendor,
    model,
    architecture,
    virtualisation: flags?.includes('vmx') === true ? 'vmx' : flags?.includes('svm') === true ? 'svm' : null,
    flags,
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
    return {id, node: nodeOf.get(id) ?? null, ...place, l3: l3?.cpus ?? null, l3KiB: l3?.sizeKiB ?? null, kind: kindOf(id), online};
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

/** Threads of one core have the same package and core there; a CPU without both is told nothing about. */
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
