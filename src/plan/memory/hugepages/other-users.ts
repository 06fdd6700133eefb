import {configuredArguments} from '../../arguments/host-command-line.ts';
import type {PlanContext} from '../../context.ts';
import type {OtherGuest} from '../../other-guest.ts';
import type {PerNode} from './node-pages.ts';
import {listWords} from '../../../words/list-words.ts';

/**
 * Pages of this size that other guests need from boot on, by node, next to `own`. A guest that has a card in common with
 * this one never runs at the same time, so that only what it needs beyond `own` counts.
 */
export const reservedPages = (context: PlanContext, sizeKiB: number, own: PerNode): PerNode => {
  const users = bootUsers(context).filter(({use}) => use.pageKiB === sizeKiB);
  const nodes = new Set(users.flatMap(({lockedKiB}) => [...lockedKiB.keys()]));
  const pagesOn = (node: number, {lockedKiB}: OtherGuest): number => Math.ceil((lockedKiB.get(node) ?? 0) / sizeKiB);
  const counts = [...nodes]
    .sort((a, b) => a - b)
    .map((node): readonly [string, number] => {
      const beside = users.filter(({mayRunBeside}) => mayRunBeside).reduce((sum, user) => sum + pagesOn(node, user), 0);
      const instead = Math.max(
        0,
        ...users.filter(({mayRunBeside}) => !mayRunBeside).map((user) => pagesOn(node, user)),
      );
      return [String(node), beside + Math.max(0, instead - (own[node] ?? 0))];
    });
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
};

/** Other sizes that pages are set aside in for other guests. */
export const otherPageSizes = (context: PlanContext, sizeKiB: number): readonly number[] =>
  [...new Set(bootUsers(context).map(({use}) => use.pageKiB ?? 0))]
    .filter((size) => size > 0 && size !== sizeKiB)
    .sort((a, b) => a - b);

export const describeUsers = (context: PlanContext, sizeKiB: number): string =>
  listWords(
    bootUsers(context)
      .filter(({use}) => use.pageKiB === sizeKiB)
      .map(({name}) => name),
  );

/** Where nothing is on the kernel command line, their pages come from elsewhere (sysctl, a unit), and stay there. */
const bootUsers = (context: PlanContext): readonly OtherGuest[] => {
  if (configuredArguments(context.facts, 'hugepages').length === 0) return [];
  return context.others.filter(({name, use}) => use.pageKiB !== null && !takesPagesAtStart(context, name));
};

const takesPagesAtStart = ({facts: {guests}}: PlanContext, guest: string): boolean => {
  const claim = guests.recorded.find((one) => one.guest === guest);
  return claim === undefined
    ? (guests.printed?.takePagesAtStart.includes(guest) ?? false)
    : claim.hugepages?.takenAt === 'start';
};
