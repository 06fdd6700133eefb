import type {HostFacts} from '../facts/host-facts.ts';
import type {FindingCode} from '../findings/codes.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import {judgeProfile, type Judgement} from './judge-profile.ts';
import {mapTraits, modelOf, type TraitName, traitNames, type Traits, traitsOf} from './traits.ts';

export type Difference = {readonly trait: TraitName; readonly value: string; readonly usual: string};

export type Kind = {
  readonly model: string;
  readonly count: number;
  /** What more than half of its hosts have; `null` where no value is so common. */
  readonly usual: Readonly<Record<TraitName, string | null>>;
};

export type OddHost = {readonly host: string; readonly model: string; readonly differences: readonly Difference[]};

export type Outcome = 'fits' | 'differs' | 'blocked';

export type ProfileReport = {
  readonly profile: string;
  readonly fits: number;
  readonly blocked: number;
  /** It fits, and would give other devices, CPUs or memory than on most hosts of that model. */
  readonly differs: number;
  readonly blockedBy: readonly {readonly code: FindingCode; readonly count: number}[];
};

/** One line for each host, in the order in which they were read. */
export type HostLine = {
  readonly host: string;
  readonly model: string;
  readonly traits: Traits;
  readonly isOdd: boolean;
  /** For each profile, in their order. */
  readonly outcomes: readonly {readonly outcome: Outcome; readonly blockedBy: readonly FindingCode[]}[];
};

export type FleetReport = {
  readonly hosts: number;
  /** The most frequent first. */
  readonly kinds: readonly Kind[];
  readonly odd: readonly OddHost[];
  readonly profiles: readonly ProfileReport[];
  readonly lines: () => Iterable<HostLine>;
};

type Kept = {
  readonly host: string;
  readonly model: string;
  readonly traits: Traits;
  readonly judged: readonly Judgement[];
};

/**
 * Hosts are added one by one, and of each only a few short texts are kept, which equal hosts share: ten thousand take
 * what a hundred take, and a name for each.
 */
export const openFleet = (
  profiles: readonly WrittenProfile[],
): {
  readonly add: (host: string, facts: HostFacts, hasFiles: boolean) => void;
  readonly report: () => FleetReport;
} => {
  const kept: Kept[] = [];
  const once = shareTexts();
  return {
    add: (host, facts, hasFiles) => {
      const traits = traitsOf(facts);
      kept.push({
        host,
        model: once(modelOf(facts)),
        traits: mapTraits((name) => once(traits[name])),
        judged: profiles.map((profile) => {
          const {blockedBy, choice} = judgeProfile(facts, profile, hasFiles);
          return {blockedBy, choice: once(choice)};
        }),
      });
    },
    report: () => reportOf(kept, profiles),
  };
};

/** The strings of V8 that come from a larger text keep all of it alive; a copy does not. */
const shareTexts = (): ((text: string) => string) => {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    const copy = Buffer.from(text).toString();
    texts.set(copy, copy);
    return copy;
  };
};

const reportOf = (kept: readonly Kept[], profiles: readonly WrittenProfile[]): FleetReport => {
  const models = groupBy(kept, ({model}) => model);
  const usual = new Map(
    [...models].map(([model, hosts]) => [
      model,
      {
        traits: mapTraits((name) => mostCommon(hosts.map(({traits}) => traits[name]))),
        choices: profiles.map((_, index) =>
          mostCommon(
            hosts.flatMap(({judged}) => (judged[index]?.blockedBy.length === 0 ? [judged[index].choice] : [])),
          ),
        ),
      },
    ]),
  );
  const differencesOf = ({model, traits}: Kept): readonly Difference[] =>
    traitNames.flatMap((trait) => {
      const common = usual.get(model)?.traits[trait] ?? null;
      return common === null || common === traits[trait] ? [] : [{trait, value: traits[trait], usual: common}];
    });
  const outcomeOf = ({model, judged}: Kept, index: number): Outcome => {
    const judgement = judged[index];
    if (judgement === undefined || judgement.blockedBy.length > 0) return 'blocked';
    const common = usual.get(model)?.choices[index] ?? null;
    return common === null || common === judgement.choice ? 'fits' : 'differs';
  };
  const outcomes = profiles.map((profile, index): ProfileReport => {
    const count = (outcome: Outcome): number => kept.filter((host) => outcomeOf(host, index) === outcome).length;
    const codes = groupBy(
      kept.flatMap(({judged}) => judged[index]?.blockedBy ?? []),
      (code) => code,
    );
    return {
      profile: profile.name,
      fits: count('fits'),
      blocked: count('blocked'),
      differs: count('differs'),
      blockedBy: [...codes]
        .map(([code, all]) => ({code, count: all.length}))
        .sort((one, other) => other.count - one.count || (one.code < other.code ? -1 : 1)),
    };
  });
  return {
    hosts: kept.length,
    kinds: [...models]
      .map(([model, hosts]) => ({model, count: hosts.length, usual: usual.get(model)?.traits ?? mapTraits(() => null)}))
      .sort((one, other) => other.count - one.count || (one.model < other.model ? -1 : 1)),
    odd: kept.flatMap((one) => {
      const differences = differencesOf(one);
      return differences.length === 0 ? [] : [{host: one.host, model: one.model, differences}];
    }),
    profiles: outcomes,
    *lines() {
      for (const one of kept)
        yield {
          host: one.host,
          model: one.model,
          traits: one.traits,
          isOdd: differencesOf(one).length > 0,
          outcomes: one.judged.map(({blockedBy}, index) => ({outcome: outcomeOf(one, index), blockedBy})),
        };
    },
  };
};

/** What more than half of them are. */
const mostCommon = (values: readonly string[]): string | null => {
  for (const [value, all] of groupBy(values, (one) => one)) if (all.length * 2 > values.length) return value;
  return null;
};

const groupBy = <Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> => {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};
