import {formatCpuList} from '../../host/kernel-lists.ts';
import {offlineOf} from '../map-frame.ts';
import type {TopologyMap} from '../topology-map.ts';
import {flow} from './grid.ts';
import {move, rect, text, type Block} from './shapes.ts';

const cell = {width: 31, height: 30};
const gap = 4;
/** More are named as a list. */
const mostDrawn = 32;

/** Offline CPUs tell neither core nor node, so they stand by themselves. */
export const offlineRow = ({facts}: TopologyMap, width: number): Block => {
  const offline = offlineOf(facts.cpu.cpus);
  if (offline.length === 0) return {width, height: 0, shapes: []};
  const heading = text(0, 11, offline.length > mostDrawn ? `Offline: CPUs ${formatCpuList(offline)}` : 'Offline', width, {isBold: true});
  if (offline.length > mostDrawn) return {width, height: 14, shapes: [heading]};
  const cells = flow(offline.map(offlineCell), width, gap);
  return {width, height: cells.height + 20, shapes: [heading, ...move(cells, 0, 20)]};
};

const offlineCell = (cpu: number): Block => ({
  ...cell,
  shapes: [
    rect(0, 0, cell.width, cell.height, 'offline', {radius: 3, title: `CPU ${cpu}: offline`}),
    text(cell.width / 2, 11, String(cpu), cell.width, {ink: 'muted', size: 'small', isCentred: true}),
    text(cell.width / 2, 24, 'x', cell.width, {ink: 'muted', isCentred: true}),
  ],
});
