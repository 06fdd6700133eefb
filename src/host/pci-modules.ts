import type {Source} from '../system/source.ts';
import {readKernelRelease} from './kernel-release.ts';
import {matchesGlob, type ModuleAlias, parsePciAliases} from './module-aliases.ts';

export type ModuleMatch = {readonly modules: readonly string[] | null; readonly vfioVariant: string | null};

type Matchable = {readonly modalias: string | null; readonly isBridge: boolean};

const unknown: ModuleMatch = {modules: null, vfioVariant: null};

/** Which modules the running kernel has for a function, from `modules.alias`. Bridges are not asked about. */
export const readModuleMatches = (source: Source, functions: readonly Matchable[]): ((one: Matchable) => ModuleMatch) => {
  const release = functions.some(isAsked) ? readKernelRelease(source) : null;
  const text = release === null ? null : source.text(`/lib/modules/${release}/modules.alias`);
  if (text === null) return () => unknown;
  const drivers = indexAliases(parsePciAliases(text, 'pci'));
  const variants = indexAliases(parsePciAliases(text, 'vfio_pci'));
  const known = new Map<string, ModuleMatch>();
  return (one) => {
    if (!isAsked(one)) return unknown;
    const {modalias} = one;
    const match = known.get(modalias) ?? matchAliases(modalias.replace(/^pci:/, ''), drivers, variants);
    known.set(modalias, match);
    return match;
  };
};

const isAsked = <T extends Matchable>(one: T): one is T & {readonly modalias: string} =>
  !one.isBridge && one.modalias !== null;

const matchAliases = (name: string, drivers: AliasIndex, variants: AliasIndex): ModuleMatch => {
  const named = variants(name).filter((alias) => alias.module !== 'vfio_pci');
  return {
    modules: [...new Set(drivers(name).map((alias) => alias.module))],
    vfioVariant: named.sort((a, b) => wildcards(a) - wildcards(b))[0]?.module ?? null,
  };
};

const wildcards = ({pattern}: ModuleAlias): number => pattern.split('*').length;

type AliasIndex = (name: string) => readonly ModuleAlias[];

/** `v00008086d00001C10`: nearly every pattern names both ids, so that much of the text finds it. */
const idsLength = 18;
const vendorLength = 9;

const indexAliases = (aliases: readonly ModuleAlias[]): AliasIndex => {
  const byIds = new Map<string, ModuleAlias[]>();
  for (const alias of aliases) {
    const key = keyOf(alias.pattern);
    const same = byIds.get(key);
    if (same === undefined) byIds.set(key, [alias]);
    else same.push(alias);
  }
  return (name) =>
    [name.slice(0, idsLength), name.slice(0, vendorLength), '']
      .flatMap((key) => byIds.get(key) ?? [])
      .filter((alias) => matchesGlob(alias.pattern, name));
};

const keyOf = (pattern: string): string => {
  const fixed = pattern.search(/[*?[]/);
  const length = fixed === -1 ? pattern.length : fixed;
  if (length >= idsLength) return pattern.slice(0, idsLength);
  return length >= vendorLength ? pattern.slice(0, vendorLength) : '';
};
