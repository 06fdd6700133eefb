import type {Source} from '../system/source.ts';
import {readCpuList, readCpuMask} from './kernel-file.ts';
import {numberedEntries} from './online-cpus.ts';
import type {Note} from './reader.ts';

export const nodeDirectory = '/sys/devices/system/node';

/** CPUs as the node itself names them: offline and impossible ones included. */
export type NodeMembers = {readonly id: number; readonly cpus: readonly number[]};

/** Every online node, by id; ids have holes, and a node may have no CPU. */
export const readNodeMembers = (source: Source, note: Note): readonly NodeMembers[] =>
  numberedEntries(source.list(nodeDirectory), 'node').map((id) => ({id, cpus: readMembers(source, note, `${nodeDirectory}/node${id}`)}));

/** An empty list is an answer (memory-only node); without list and mask the `cpuM` links are one. */
const readMembers = (source: Source, note: Note, directory: string): readonly number[] =>
  readCpuList(source, note, `${directory}/cpulist`) ??
  readCpuMask(source, note, `${directory}/cpumap`) ??
  numberedEntries(source.list(directory), 'cpu');
