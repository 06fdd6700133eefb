import {groupBy} from '../domains.ts';
import {describeMoreSections, type Folded, foldSections, unfolded} from '../fold.ts';
import {describePackages, nameOf, type Section} from '../sections.ts';
import type {TopologyMap} from '../topology-map.ts';
import {columnsOf, mostNumbered} from './cells.ts';
import {nodeBox} from './node-box.ts';
import {type Block, move, rect, text} from './shapes.ts';

const padding = 10;
const labelHeight = 26;
const gap = 10;
const noteHeight = 18;

type Frame = readonly Folded<Section>[];

/** Packages with their nodes; two abreast where each has but one node. */
export const packageFrames = (map: TopologyMap, width: number): Block => {
  const shown = map.onlineCount <= mostNumbered ? map.sections.map(unfolded) : foldSections(map);
  const frames = groupBy(shown, ({item}) => item.packages.join(','));
  const columns = frames.length > 1 && frames.every((frame) => frame.length === 1) ? 2 : 1;
  return columnsOf(frames, columns, width, gap, (frame, each, least) => packageFrame(map, frame, each, least));
};

const packageFrame = (map: TopologyMap, frame: Frame, width: number, least: number): Block => {
  const inner = width - 2 * padding;
  const label = labelOf(map, frame);
  const top = label === '' ? padding : labelHeight;
  const notes = frame
    .filter(({more}) => more.length > 0)
    .map(({item, more}) => `${nameOf(item)}: ${describeMoreSections(more)}`);
  const bottom = padding + notes.length * noteHeight;
  const leastNode = frame.length === 1 ? least - top - bottom : 0;
  const nodes = columnsOf(frame, Math.min(2, frame.length), inner, gap, ({item}, each, own) =>
    nodeBox(map, item, each, Math.max(own, leastNode)),
  );
  const height = Math.max(least, top + nodes.height + bottom);
  return {
    width,
    height,
    shapes: [
      rect(0, 0, width, height, 'frame', {radius: 8}),
      ...(label === '' ? [] : [text(padding, 18, label, inner, {ink: 'muted', isBold: true})]),
      ...move(nodes, padding, top),
      ...notes.map((note, index) =>
        text(padding, top + nodes.height + (index + 1) * noteHeight, note, inner, {ink: 'muted'}),
      ),
    ],
  };
};

/** Nothing where no package is known at all. */
const labelOf = ({sections}: TopologyMap, [first]: Frame): string => {
  const name = describePackages(first?.item.packages ?? []);
  return name === '' && sections.some(({packages}) => packages.length > 0) ? 'In no package' : name;
};
