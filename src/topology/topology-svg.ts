import {modelOf, summaryOf} from './map-frame.ts';
import {cardBoxes} from './svg/card-boxes.ts';
import {describePicture} from './svg/describe-picture.ts';
import {legend} from './svg/legend.ts';
import {offlineRow} from './svg/offline-row.ts';
import {packageFrames} from './svg/package-frames.ts';
import {move, rect, stack, text, type Block} from './svg/shapes.ts';
import {writeSvg} from './svg/write-svg.ts';
import {findTopology, type TopologyInput, type TopologyMap} from './topology-map.ts';

const width = 960;
const margin = 16;

/** The map as a picture for a browser: the same packages, nodes, caches, cores, roles and devices as the text. */
export const renderTopologySvg = (input: TopologyInput): string => {
  const map = findTopology(input);
  const inner = width - 2 * margin;
  const parts = [heading(map, inner), packageFrames(map, inner), offlineRow(map, inner), homelessCards(map, inner), legend(map, inner)];
  const content = stack(parts.filter(({shapes}) => shapes.length > 0), 14);
  const height = Math.ceil(content.height) + 2 * margin;
  const page = {width, height, shapes: [rect(0, 0, width, height, 'page', {radius: 0}), ...move(content, margin, margin)]};
  return writeSvg(page, `Topology of ${modelOf(map.facts)}`, describePicture(map));
};

const heading = ({facts}: TopologyMap, inner: number): Block => ({
  width: inner,
  height: 38,
  shapes: [text(0, 15, modelOf(facts), inner, {size: 'large', isBold: true}), text(0, 34, summaryOf(facts).join(' · '), inner, {ink: 'muted'})],
});

const homelessCards = ({homeless, chosen}: TopologyMap, inner: number): Block => {
  if (homeless.length === 0) return {width: inner, height: 0, shapes: []};
  const cards = cardBoxes(homeless, chosen, inner);
  return {width: inner, height: cards.height + 20, shapes: [text(0, 11, 'On no known node', inner, {isBold: true}), ...move(cards, 0, 20)]};
};
