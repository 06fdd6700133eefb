import type {Source} from '../system/source.ts';
import type {NumaNode} from './facts.ts';
import {readHugepagePools} from './hugepage-pools.ts';
import {malformedFile, oncePerFileName} from './kernel-file.ts';
import {formatCpuList} from './kernel-lists.ts';
import {parseMeminfo} from './meminfo.ts';
import {distanceReader} from './node-distances.ts';
import {nodeDirectory, readNodeMembers, type NodeMembers} from './node-membership.ts';
import {readCpuIds} from './online-cpus.ts';
import type {Note} from './reader.ts';

/** NUMA nodes by id, memory-only and CPU-only ones included; empty when the kernel or the tree tells of none. */
export const readNodes = (source: Source, note: Note): readonly NumaNode[] => {
  const once = oncePerFileName(note);
  const members = readNodeMembers(source, once);
  const {online} = readCpuIds(source, () => undefined);
  const distancesOf = distanceReader(
    source,
    once,
    members.map(({id}) => id),
  );
  noteDoubleClaims(members, note);
  return members.map(({id, cpus}) => ({
    id,
    cpus: cpus.filter((cpu) => online.has(cpu)),
    ...readNodeMemory(source, once, id),
    distances: distancesOf(id),
    hugepages: readHugepagePools(source, once, `${nodeDirectory}/node${id}/hugepages`),
  }));
};

const readNodeMemory = (source: Source, note: Note, id: number): Pick<NumaNode, 'memoryKiB' | 'freeKiB'> => {
  const path = `${nodeDirectory}/node${id}/meminfo`;
  const text = source.text(path);
  if (text === null) return {memoryKiB: null, freeKiB: null};
  const values = parseMeminfo(text);
  if (!values.has('MemTotal')) note(malformedFile(path, text));
  return {memoryKiB: values.get('MemTotal') ?? null, freeKiB: values.get('MemFree') ?? null};
};

const noteDoubleClaims = (nodes: readonly NodeMembers[], note: Note): void => {
  const seen = new Set<number>();
  const twice = nodes.flatMap(({cpus}) => cpus).filter((cpu) => seen.size === seen.add(cpu).size);
  if (twice.length === 0) return;
  note({
    code: 'host-file-malformed',
    severity: 'note',
    subject: nodeDirectory,
    message: `CPU ${formatCpuList(twice)} is listed by more than one NUMA node; the node with the lowest number is taken.`,
    remedy: 'Choose other CPUs for the guest, or update the firmware, whose SRAT table says this.',
  });
};
