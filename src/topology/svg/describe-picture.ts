import {formatCpuList} from '../../host/kernel-lists.ts';
import {describeShare} from '../guest-memory.ts';
import {findCards} from '../map-devices.ts';
import {offlineOf, summaryOf} from '../map-frame.ts';
import {formatKiB} from '../map-memory.ts';
import {cpuCountOf, describeDistances, headingOf, type Section} from '../sections.ts';
import type {TopologyMap} from '../topology-map.ts';

/** The picture in sentences, for those who hear it: what each node has, and what of it goes to the guest. */
export const describePicture = (map: TopologyMap): string => {
  const offline = offlineOf(map.facts.cpu.cpus);
  return [
    `${summaryOf(map.facts).join(', ')}.`,
    ...map.sections.map((section) => describeSection(map, section)),
    ...(offline.length === 0 ? [] : [`Offline: CPUs ${formatCpuList(offline)}.`]),
    ...describeDevices(map, map.homeless).map((words) => `On no known node: ${words}.`),
  ].join(' ');
};

const describeSection = (map: TopologyMap, section: Section): string => {
  const cpus = section.domains.flatMap((domain) => domain.cpus).sort((a, b) => a - b);
  const share = map.shareOf(section);
  const distances = describeDistances(section);
  const parts = [
    `${cpuCountOf(section)}${cpus.length === 0 ? '' : ` (${formatCpuList(cpus)})`}`,
    ...describeCaches(section),
    ...describeMemory(section),
    ...(distances === null ? [] : [distances]),
    ...(share === null ? [] : [`${describeShare(share)} of this memory`]),
    ...describeRoles(map, cpus),
    ...describeDevices(map, section.devices),
  ];
  return `${headingOf(section)}: ${parts.join('; ')}.`;
};

const describeCaches = ({domains}: Section): readonly string[] => {
  const count = domains.filter(({hasL3}) => hasL3).length;
  return count === 0 ? [] : [`${count} level-3 cache${count === 1 ? '' : 's'}`];
};

const describeMemory = ({totalKiB, freeKiB, node}: Section): readonly string[] => [
  totalKiB === null ? 'memory unknown' : totalKiB === 0 ? 'no memory' : `${formatKiB(totalKiB)} memory${freeKiB === null ? '' : `, ${formatKiB(freeKiB)} free`}`,
  ...(node?.hugepages ?? []).filter(({total}) => total > 0).map(({sizeKiB, total, free}) => `${total} pages of ${formatKiB(sizeKiB)}, ${free} free`),
];

const nouns = {vcpu: 'guest CPUs', iothread: 'I/O threads', emulator: 'emulator'} as const;

const describeRoles = ({roleOf}: TopologyMap, cpus: readonly number[]): readonly string[] =>
  (['vcpu', 'iothread', 'emulator'] as const).flatMap((role) => {
    const mine = cpus.filter((cpu) => roleOf(cpu).role === role);
    return mine.length === 0 ? [] : [`${nouns[role]} on CPU ${formatCpuList(mine)}`];
  });

const describeDevices = ({chosen}: TopologyMap, devices: TopologyMap['homeless']): readonly string[] => {
  const {cards, more} = findCards(devices, chosen);
  return [...cards.map(({text, isChosen}) => `${text} ${isChosen ? 'goes to the guest' : 'stays with the host'}`), ...(more === null ? [] : [more])];
};
