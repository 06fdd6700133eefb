import {parsePropertyString} from './config.ts';

/** A `numaN` line: one NUMA node of the guest (`PVE::QemuServer::Memory`, parse_numa). */
export type NumaCell = {readonly hostNodes: readonly number[]; readonly memoryMiB: number};

/** `null` where Proxmox would refuse the line. */
export const parseNuma = (value: string): NumaCell | null => {
  const properties = parsePropertyString(value, null);
  if (properties === null) return null;
  const hostNodes = parseRanges(properties.get('hostnodes') ?? '');
  const memory = properties.get('memory') ?? '';
  return hostNodes === null || !/^\d*$/.test(memory) ? null : {hostNodes, memoryMiB: Number(memory)};
};

/** `0-3;8`: the separator is a semicolon, as a comma ends the property. */
const parseRanges = (text: string): readonly number[] | null => {
  if (text === '') return [];
  const ids: number[] = [];
  for (const part of text.split(';')) {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (first === undefined || last === undefined || Number(last) < Number(first)) return null;
    for (let id = Number(first); id <= Number(last); id += 1) ids.push(id);
  }
  return ids;
};
