import type {Source} from '../system/source.ts';
import {malformedFile, readCpuList} from './kernel-file.ts';
import {strip} from './kernel-lists.ts';
import {nodeDirectory} from './node-membership.ts';
import type {Note} from './reader.ts';

/**
 * Distances from a node to each of `ids`. Columns go by position among the online nodes, not by id; a machine has
 * been seen that prints a column for a possible node that isn't online.
 */
export const distanceReader = (source: Source, note: Note, ids: readonly number[]): ((id: number) => readonly number[] | null) => {
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
