import type {Verb} from './history-commands.ts';

/** What happens in the midst of a command: at which part of its mutating calls (0 up to 1). `seed` decides the rest. */
export type Hit = {readonly by: 'kill' | 'power-cut' | 'edit'; readonly at: number; readonly seed: number};

export type Step =
  | {readonly do: 'run'; readonly verb: Verb; readonly hit: Hit | null}
  | {readonly do: 'edit' | 'power-cut'; readonly seed: number}
  | {readonly do: 'reboot'; readonly trial: 'good' | 'bad'}
  | {readonly do: 'kernel'};

export type History = readonly Step[];

const weights: readonly (readonly [number, Exclude<Step['do'], 'run'> | Verb])[] = [
  [5, 'apply'],
  [5, 'trial'],
  [5, 'confirm'],
  [5, 'rollback'],
  [3, 'rollback-keeping'],
  [2, 'recover'],
  [1, 'resume'],
  [1, 'keep-edits'],
  [6, 'reboot'],
  [1, 'power-cut'],
  [1, 'kernel'],
  [2, 'edit'],
];

/** Half of them have nobody else's edits in them: there, everything must be as before to the byte. */
export const makeHistory = (length: number, random: () => number): History => {
  const hasEdits = random() < 0.5;
  const table = weights.filter(([, what]) => hasEdits || what !== 'edit');
  const seedOf = (): number => Math.floor(random() * 2 ** 31);
  const hit = (): Hit | null => {
    const chance = random();
    const by = chance < 0.2 ? 'kill' : chance < 0.4 ? 'power-cut' : chance < 0.5 && hasEdits ? 'edit' : null;
    return by === null ? null : {by, at: random(), seed: seedOf()};
  };
  return Array.from({length}, (): Step => {
    let left = random() * table.reduce((sum, [weight]) => sum + weight, 0);
    const what = table.find(([weight]) => (left -= weight) < 0)?.[1] ?? 'apply';
    if (what === 'edit' || what === 'power-cut') return {do: what, seed: seedOf()};
    if (what === 'reboot') return {do: what, trial: random() < 0.7 ? 'good' : 'bad'};
    return what === 'kernel' ? {do: 'kernel'} : {do: 'run', verb: what, hit: hit()};
  });
};

/** Leaves steps out, then hits, as long as it still fails: what is left is the shortest that this finds. */
export const shrinkHistory = async (
  history: History,
  fails: (history: History) => Promise<boolean>,
): Promise<History> => {
  let shortest = history;
  for (let size = Math.ceil(history.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = shortest.length - size; start >= 0; start -= size) {
      const shorter = shortest.toSpliced(start, size);
      if (await fails(shorter)) shortest = shorter;
    }
  }
  for (const [index, step] of shortest.entries()) {
    if (step.do !== 'run' || step.hit === null) continue;
    const plainer = shortest.with(index, {...step, hit: null});
    if (await fails(plainer)) shortest = plainer;
  }
  return shortest;
};
