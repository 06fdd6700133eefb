import type {Source} from '../system/source.ts';
import type {InstalledKernel} from './facts.ts';
import {readKernelImages} from './kernel-images.ts';
import {isKernelRelease} from './kernel-release.ts';
import {readModuleList} from './module-lists.ts';
import {readModuleParameters} from './module-parameters.ts';

/**
 * The kernels with an image in /boot; where those tell no release (Arch), the ones with modules. The running kernel
 * comes first as long as its modules are there.
 */
export const readInstalledKernels = (source: Source, {release: running, ...lists}: RunningKernel): readonly InstalledKernel[] => {
  const named = readKernelImages(source).kernels;
  const releases = named.length > 0 ? named : ['/lib/modules', '/usr/lib/modules'].flatMap((directory) => source.list(directory).filter((name) => source.exists(`${directory}/${name}/modules.dep`)));
  const present = releases.filter(isKernelRelease);
  const isThere = lists.modules !== null || lists.builtin !== null || present.length === 0 || (running !== null && present.includes(running));
  return [...new Set([...(running !== null && isThere ? [running] : []), ...present])].map((release) => (release === running ? readInstalledKernel(source, release, lists) : readInstalledKernel(source, release)));
};

type Lists = {readonly builtin: readonly string[] | null; readonly modules: readonly string[] | null};
type RunningKernel = Lists & {readonly release: string | null};

/** The rest of the thousands of names would only make the facts long. */
const isAskedFor = (module: string): boolean => module.includes('vfio') || module === 'kvm' || module === 'iommufd';

const readInstalledKernel = (source: Source, release: string, lists: Lists = readLists(source, release)): InstalledKernel => {
  const builtin = lists.builtin?.filter(isAskedFor) ?? null;
  const modules = lists.modules?.filter(isAskedFor) ?? null;
  return {release, builtin, modules, parameters: readModuleParameters(source, {release, builtin: builtin ?? [], modules: modules ?? []})};
};

const readLists = (source: Source, release: string): Lists => ({
  builtin: readModuleList(source, release, 'modules.builtin'),
  modules: readModuleList(source, release, 'modules.dep'),
});
