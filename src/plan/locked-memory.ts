import type {OtherGuest} from './other-guests.ts';

/** Memory of a node, or of the machine, that guests which may run at the same time have to themselves. */
export const lockedKiB = (others: readonly OtherGuest[], node: number | null): number =>
  sum(others.filter(({mayRunBeside}) => mayRunBeside).map((other) => (node === null ? sum([...other.lockedKiB.values()]) : (other.lockedKiB.get(node) ?? 0))));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
