import type {InstalledKernel} from '../../facts/kernel.ts';
import type {Source} from '../../system/source.ts';
import {readKernelRelease} from './kernel-file.ts';

/** `kernel/drivers/vfio/pci/vfio-pci.ko.xz: …`: the kernel spells every module name with underscores. */
export const readModuleList = (
  source: Source,
  release: string | null,
  file: 'modules.builtin' | 'modules.dep',
): readonly string[] | null => {
  const text = release === null ? null : readModuleFile(source, release, file);
  if (text === null) return null;
  return [...text.matchAll(/^([^:\s]+)\.ko(?:\.\w+)?(?=:|\s|$)/gm)].map(([, path = '']) =>
    path.slice(path.lastIndexOf('/') + 1).replaceAll('-', '_'),
  );
};

/** Files of modules below the directory of a kernel, as modules.dep names them. */
export const readModulePaths = (source: Source, release: string): readonly string[] =>
  [...(readModuleFile(source, release, 'modules.dep') ?? '').matchAll(/^([^:\s]+\.ko(?:\.\w+)?):/gm)].map(
    ([, path = '']) => path,
  );

/** A file that depmod or the kernel's build left next to the modules. */
const readModuleFile = (source: Source, release: string, file: string): string | null =>
  source.text(`/lib/modules/${release}/${file}`) ?? source.text(`/usr/lib/modules/${release}/${file}`);

/** `alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau`, without the bus in front. */
type ModuleAlias = {readonly pattern: string; readonly module: string};

/** The aliases of one bus out of `modules.alias` (1.5 MiB, most of it other buses). */
export const parsePciAliases = (text: string, bus: 'pci' | 'vfio_pci'): readonly ModuleAlias[] => {
  const prefix = `alias ${bus}:`;
  const aliases: ModuleAlias[] = [];
  for (let start = lineStartingWith(text, prefix, 0); start !== -1; start = lineStartingWith(text, prefix, start + 1)) {
    const newline = text.indexOf('\n', start);
    const line = text.slice(start + prefix.length, newline === -1 ? text.length : newline);
    const [pattern, module] = line.trim().split(/\s+/);
    if (pattern !== undefined && module !== undefined) aliases.push({pattern, module});
  }
  return aliases;
};

const lineStartingWith = (text: string, prefix: string, from: number): number => {
  if (from === 0 && text.startsWith(prefix)) return 0;
  const newline = text.indexOf(`\n${prefix}`, Math.max(0, from - 1));
  return newline === -1 ? -1 : newline + 1;
};

/** fnmatch with `*` and `?`; steps back to the last star only, so that no pattern of a stranger takes long. */
export const matchesGlob = (pattern: string, text: string): boolean => {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    const sign = pattern.charAt(at);
    if (sign === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (sign === '?' || sign === text.charAt(index)) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (pattern.charAt(at) === '*') at += 1;
  return at === pattern.length;
};

/** Those that options may be written for. */
const askedModules = ['vfio_pci', 'vfio_iommu_type1', 'kvm'];
/** Whether they make virtual functions differs between kernels; asked where they drive something now. */
const graphicsModules = ['i915', 'xe'];

type Kernel = {readonly release: string; readonly builtin: readonly string[]; readonly modules: readonly string[]};

/**
 * What `modinfo -p` lists. For what is built in a file next to the modules has it (since 5.2); a module file may be
 * packed in any way, so there kmod is asked, on the running machine alone. sysfs leaves out parameters without
 * permissions, vfio-pci's ids among them.
 */
export const readModuleParameters = (source: Source, kernel: Kernel): InstalledKernel['parameters'] => {
  const asked = [...askedModules, ...graphicsModules.filter((module) => source.exists(`/sys/module/${module}`))];
  const builtinInfo = asked.some((module) => kernel.builtin.includes(module))
    ? readModuleFile(source, kernel.release, 'modules.builtin.modinfo')
    : null;
  const found = asked.flatMap((module): readonly [string, readonly string[]][] => {
    const names = kernel.builtin.includes(module)
      ? parseBuiltinInfo(builtinInfo, module)
      : askModinfo(source, kernel, module);
    return names === null ? [] : [[module, names]];
  });
  return Object.fromEntries(found);
};

/** `vfio_pci.parm=ids:Initial PCI IDs …\0vfio_pci.parmtype=ids:string\0` */
const parseBuiltinInfo = (text: string | null, module: string): readonly string[] | null => {
  const records = text?.split('\0').filter((record) => record.startsWith(`${module}.`)) ?? [];
  if (records.length === 0) return null;
  return [...new Set(records.flatMap((record) => /^\w+\.parm(?:type)?=(\w+):/.exec(record)?.[1] ?? []))];
};

const askModinfo = (source: Source, {release, modules}: Kernel, module: string): readonly string[] | null => {
  const text = modules.includes(module) ? source.run('modinfo', ['-k', release, '-p', module]) : null;
  return text === null ? null : [...text.matchAll(/^(\w+):/gm)].map(([, name = '']) => name);
};

export type ModuleMatch = {readonly modules: readonly string[] | null; readonly vfioVariant: string | null};

type Matchable = {readonly modalias: string | null; readonly isBridge: boolean};

const unknown: ModuleMatch = {modules: null, vfioVariant: null};

/** Which modules the running kernel has for a function, from `modules.alias`. Bridges are not asked about. */
export const readModuleMatches = (
  source: Source,
  functions: readonly Matchable[],
): ((one: Matchable) => ModuleMatch) => {
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
