import type {CpuKind} from '../host/facts.ts';
import {firstThread} from './cores.ts';
import type {Core} from './cores.ts';

/**
 * `count` whole cores out of `cores` of one node, or `null` when there are too few of one kind. In this order:
 * one kind only (performance before efficiency), fewest level-3 domains, the domain with the larger cache, the core of
 * CPU 0 left to the host, contiguous numbers.
 */
export const chooseCores = (cores: readonly Core[], count: number): readonly Core[] | null => {
  const kinds: readonly CpuKind[] = ['performance', 'core', 'efficiency'];
  for (const kind of kinds) {
    const candidates = cores.filter((core) => core.kind === kind);
    if (candidates.length < count) continue;
    const withoutCpu0 = candidates.filter((core) => !core.hasCpu0);
    const spared = withoutCpu0.length < count ? null : fewestDomains(withoutCpu0, count);
    const any = fewestDomains(candidates, count);
    return spared !== null && domainCount(spared) <= domainCount(any) ? spared : any;
  }
  return null;
};

const domainCount = (cores: readonly Core[]): number => new Set(cores.map((core) => core.l3)).size;

const fewestDomains = (cores: readonly Core[], count: number): readonly Core[] => {
  const chosen: Core[] = [];
  let domains = domainsOf(cores);
  while (chosen.length < count) {
    const missing = count - chosen.length;
    const next = tightest(domains, missing) ?? domains[0];
    if (next === undefined) break;
    chosen.push(...next.slice(0, missing));
    domains = domains.filter((domain) => domain !== next);
  }
  return chosen.sort((a, b) => firstThread(a) - firstThread(b));
};

/** Largest first, then larger cache, then lower numbers. */
const domainsOf = (cores: readonly Core[]): readonly (readonly Core[])[] => {
  const byDomain = new Map<number, Core[]>();
  for (const core of [...cores].sort((a, b) => firstThread(a) - firstThread(b))) {
    byDomain.set(core.l3, [...(byDomain.get(core.l3) ?? []), core]);
  }
  return [...byDomain.values()].sort((a, b) => b.length - a.length || cacheOf(b) - cacheOf(a));
};

const cacheOf = (domain: readonly Core[]): number => domain[0]?.l3KiB ?? 0;

/** Of the domains that hold all that is missing: the largest cache, then the least left over. */
const tightest = (domains: readonly (readonly Core[])[], missing: number): readonly Core[] | undefined =>
  [...domains]
    .filter((domain) => domain.length >= missing)
    .sort((a, b) => cacheOf(b) - cacheOf(a) || a.length - b.length)[0];
