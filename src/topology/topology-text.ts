import {type Line, segment, wrapWords} from '../words/lines.ts';
import {paint} from '../words/palette.ts';
import type {Detail} from './map-cells.ts';
import {drawDevices} from './map-devices.ts';
import {drawLegend, drawOffline, drawTitle} from './map-frame.ts';
import {drawSections} from './map-sections.ts';
import {findTopology, type TopologyInput, type TopologyMap} from './topology-map.ts';

/** The map for a terminal or a pipe, with a newline after each line. */
export const renderTopologyText = (lines: readonly Line[], {color}: {readonly color: boolean}): string =>
  lines
    .map(
      (line) =>
        `${line
          .map(({text, tone}) => paint(text, tone, color))
          .join('')
          .trimEnd()}\n`,
    )
    .join('');

/** Packages, nodes, L3 domains, cores and threads, lettered by role; no line is wider than `columns`. */
export const describeTopology = ({
  columns: asked,
  ...input
}: TopologyInput & {readonly columns: number}): readonly Line[] => {
  const columns = Math.max(20, asked);
  const map = findTopology(input);
  const {facts, homeless, chosen, hasPinning} = map;
  const detail = chooseDetail(map);
  return [
    ...drawTitle(facts, columns),
    ...drawSections(map, {detail, columns}),
    ...drawOffline(facts, columns),
    ...(homeless.length === 0 ? [] : wrapWords([segment('On no known node', 'title')], [], columns, 2)),
    ...drawDevices(homeless, chosen, columns),
    ...drawLegend(detail, hasPinning, chosen.size > 0, columns),
  ];
};

const chooseDetail = ({facts, onlineCount}: TopologyMap): Detail => {
  if (onlineCount <= 32 && facts.nodes.length <= 4) return 'numbered';
  return onlineCount <= 128 ? 'threads' : 'cores';
};
