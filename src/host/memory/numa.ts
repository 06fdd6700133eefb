import {formatCpuList, strip} from '../../facts/kernel-lists.ts';
import type {NumaNode} from '../../facts/memory.ts';
import type {Source} from '../../system/source.ts';
import {numberedEntries, readCpuIds} from '../cpu/online-cpus.ts';
import {malformedFile, oncePerFileName, readCpuList, readCpuMask} from '../kernel/kernel-file.ts';
import type {Note} from '../reader.ts';
import {parseMeminfo, readHugepagePools} from './memory.ts';

/**
 * Distances from a node to each of `ids`. Columns go by position among the online nodes, not by id; a machine has
 * been seen that prints a column for a possible node that isn't online.
 */
const distanceReader = (
  source: Source,
  note: Note,
  ids: readonly number[],
): ((id: number) => readonly number[] | null) => {
  const quiet = (): void => undefined;
  const online = readCpuList(source, quiet, `${nodeDirectory}/online`);
  const possible = readCpuList(source, quiet, `${nodeDirectory}/possible`);
  return (id) => {
    const path = `${nodeDirectory}/node${id}/distance`;
    const text = source.text(path);
    if (text === null) return null;
    const row = parseDistances(text);
    const columns = [ids, online, possible].find((list) => list?.length === row?.length);
    const distances = row === null || !columns ? null : pick(row, columns, ids);
    if (distances === null) note(malformedFile(path, text));
    return distances;
  };
};

/** `10 21` → numbers; `null` when one is none. */
export const parseDistances = (text: string): readonly number[] | null => {
  const words = strip(text).split(/\s+/);
  return words.every((word) => /^\d{1,4}$/.test(word)) ? words.map(Number) : null;
};

const pick = (row: readonly number[], columns: readonly number[], ids: readonly number[]): readonly number[] | null => {
  const distances = ids.flatMap((id) => row[columns.indexOf(id)] ?? []);
  return distances.length === ids.length ? distances : null;
};

const nodeDirectory = '/sys/devices/system/node';

/** CPUs as the node itself names them: offline and impossible ones included. */
type NodeMembers = {readonly id: number; readonly cpus: readonly number[]};

/** Every online node, by id; ids have holes, and a node may have no CPU. */
export const readNodeMembers = (source: Source, note: Note): readonly NodeMembers[] =>
  numberedEntries(source.list(nodeDirectory), 'node').map((id) => ({
    id,
    cpus: readMembers(source, note, `${nodeDirectory}/node${id}`),
  }));

/** An empty list is an answer (memory-only node); without list and mask the `cpuM` links are one. */
const readMembers = (source: Source, note: Note, directory: string): readonly number[] =>
  readCpuList(source, note, `${directory}/cpulist`) ??
  readCpuMask(source, note, `${directory}/cpumap`) ??
  numberedEntries(source.list(directory), 'cpu');

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
