import type {HostFacts, PciFunction} from '../host/facts.ts';
import {endpointsBeside, type GroupAnalysis, isViableFor} from './analyse-group.ts';
import {nameMember} from './describe-member.ts';

/** What the group is good for: `display device, usable: only its own functions and bridges`. */
export const describeVerdict = (facts: Pick<HostFacts, 'needs'>, group: GroupAnalysis): string => {
  if (group.endpoints.length === 0) return group.unknown.length === 0 ? 'bridges only, nothing to pass' : 'nothing is known about it';
  if (group.unknown.length === 0 && group.endpoints.every((one) => one.class.startsWith('06'))) return 'part of the chipset, nothing to pass';
  const displays = group.cards.filter(({functions}) => functions.some(isDisplay));
  const [wanted] = displays.length > 0 ? displays : group.cards;
  const own = wanted?.functions.map(({address}) => address) ?? [];
  const kind = displays.length > 0 ? 'display device, ' : '';
  if (isViableFor(group, own)) return `${kind}usable: only its own functions and bridges${describeNeeds(facts, group.endpoints)}`;
  const others = [...endpointsBeside(group, own).map(nameMember), ...group.unknown];
  if (displays.length === 1) return `${kind}not usable alone: shared with ${listWords(others)}`;
  const all = [...group.endpoints.map(nameMember), ...group.unknown];
  return `${kind}not usable alone: ${listWords(all)} go to a guest together or not at all`;
};

const isDisplay = (one: PciFunction): boolean => one.class.startsWith('03');

const describeNeeds = ({needs}: Pick<HostFacts, 'needs'>, endpoints: readonly PciFunction[]): string => {
  const needed = endpoints.filter(({address}) => needs.some((need) => need.address === address));
  return needed.length === 0 ? '' : ', but the host needs it';
};

const listWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
