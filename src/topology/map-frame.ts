import type {Cpu} from '../facts/cpu.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {formatCpuList} from '../facts/kernel-lists.ts';
import type {Detail} from './map-cells.ts';
import {type Line, segment, wrapWords} from '../words/lines.ts';
import {formatKiB} from './map-memory.ts';
import {count} from '../words/count.ts';

export const modelOf = ({cpu}: HostFacts): string => cpu.model ?? cpu.vendor ?? 'Processor of unknown model';

/** `24 CPUs`, `2 packages`, `2 nodes`, `47.2 GiB` */
export const summaryOf = ({cpu, nodes, memory}: HostFacts): readonly string[] => {
  const online = cpu.cpus.filter((one) => one.online);
  const packages = new Set(online.flatMap((one) => one.package ?? [])).size;
  return [
    count(online.length, 'CPU'),
    ...(packages > 0 ? [count(packages, 'package')] : []),
    ...(nodes.length > 0 ? [count(nodes.length, 'node')] : []),
    ...(memory.totalKiB === null ? [] : [formatKiB(memory.totalKiB)]),
  ];
};

export const drawTitle = (facts: HostFacts, columns: number): readonly Line[] =>
  wrapWords(
    [segment(modelOf(facts), 'title')],
    summaryOf(facts).map((word) => [segment(`· ${word}`)]),
    columns,
    2,
  );

export const offlineOf = (cpus: readonly Cpu[]): readonly number[] =>
  cpus.filter((one) => !one.online).map((one) => one.id);

export const drawOffline = ({cpu}: HostFacts, columns: number): readonly Line[] => {
  const offline = offlineOf(cpu.cpus);
  if (offline.length === 0) return [];
  const words = formatCpuList(offline)
    .split(',')
    .map((range): Line => [segment(`${range}:`, 'muted'), segment('x', 'offline')]);
  return wrapWords([segment('Offline', 'title')], words, columns, 2);
};

/** What the letters mean; only those that can occur. */
export const drawLegend = (
  detail: Detail,
  hasPinning: boolean,
  hasDevices: boolean,
  columns: number,
): readonly Line[] => {
  const words: Line[] = [
    [segment('· host', 'host')],
    ...(hasPinning
      ? [[segment('V guest CPU', 'vcpu')], [segment('E emulator', 'emulator')], [segment('I I/O thread', 'iothread')]]
      : []),
    [segment('x offline', 'offline')],
    ...(hasDevices ? [[segment('* goes to the guest', 'device')]] : []),
    [segment('█ used', 'memory')],
    [segment(cellLegend[detail], 'muted')],
  ];
  return wrapWords(
    [],
    words.map((word, index) => (index === 0 ? word : [segment(' '), ...word])),
    columns,
    2,
  );
};

const cellLegend: Readonly<Record<Detail, string>> = {
  numbered: '[core of CPU:role]',
  threads: 'a letter is a thread, a word a core',
  cores: 'a letter is a core, small if in part',
};
