import type {BootFacts, InitramfsImage} from '../../facts/boot.ts';
import type {InstalledKernel} from '../../facts/kernel.ts';
import type {Source} from '../../system/source.ts';
import {isKernelRelease} from './kernel-file.ts';
import {readModuleList, readModuleParameters} from './modules.ts';

/** Installed kernels and the initramfs of each: in /boot, and where kernel-install puts them (systemd: kernel-install(8)). */
export const readKernelImages = (source: Source): Required<Pick<BootFacts, 'kernels' | 'images'>> => {
  const names = source.list('/boot');
  const installed = entryDirectories(source);
  const inBoot = names.flatMap((name) => /^(?:vmlinuz|kernel)-(\d+\.\d.*)$/.exec(name)?.[1] ?? []);
  const kernels = [
    ...new Set([
      ...inBoot,
      ...installed.filter(({path}) => source.exists(`${path}/linux`)).map(({release}) => release),
    ]),
  ];
  const images = [
    ...names.map((name) => ({release: releaseOf(name), path: `/boot/${name}`})),
    ...installed.map(({release, path}) => ({release, path: `${path}/initrd`})).filter(({path}) => source.exists(path)),
  ];
  return {
    kernels,
    images: images.filter(
      (image): image is InitramfsImage => image.release !== null && kernels.includes(image.release),
    ),
  };
};

/** Fedora, openSUSE, Debian. Arch's names tell no release; those of kdump and of rescue systems belong to no kernel here. */
const releaseOf = (name: string): string | null =>
  /^initramfs-(\d+\.\d.*)\.img$/.exec(name)?.[1] ?? /^(?:initrd|initrd\.img)-(\d+\.\d.*)$/.exec(name)?.[1] ?? null;

type EntryDirectory = {readonly release: string; readonly path: string};

/** `$BOOT/TOKEN/RELEASE`; the token is the machine id or a name of the administrator's. */
const entryDirectories = (source: Source): readonly EntryDirectory[] =>
  ['/boot', '/boot/efi', '/efi'].flatMap((boot) =>
    source.directories(boot).flatMap((token) =>
      source
        .list(`${boot}/${token}`)
        .filter((name) => /^\d+\.\d/.test(name))
        .map((release) => ({release, path: `${boot}/${token}/${release}`})),
    ),
  );

/**
 * The kernels with an image in /boot; where those tell no release (Arch), the ones with modules. The running kernel
 * comes first as long as its modules are there.
 */
export const readInstalledKernels = (
  source: Source,
  {release: running, ...lists}: RunningKernel,
): readonly InstalledKernel[] => {
  const named = readKernelImages(source).kernels;
  const releases =
    named.length > 0
      ? named
      : ['/lib/modules', '/usr/lib/modules'].flatMap((directory) =>
          source.list(directory).filter((name) => source.exists(`${directory}/${name}/modules.dep`)),
        );
  const present = releases.filter(isKernelRelease);
  const isThere =
    lists.modules !== null ||
    lists.builtin !== null ||
    present.length === 0 ||
    (running !== null && present.includes(running));
  return [...new Set([...(running !== null && isThere ? [running] : []), ...present])].map((release) =>
    release === running ? readInstalledKernel(source, release, lists) : readInstalledKernel(source, release),
  );
};

type Lists = {readonly builtin: readonly string[] | null; readonly modules: readonly string[] | null};
type RunningKernel = Lists & {readonly release: string | null};

/** The rest of the thousands of names would only make the facts long. */
const isAskedFor = (module: string): boolean =>
  module.includes('vfio') || ['kvm', 'kvmfr', 'iommufd', 'i915', 'xe', 'xen_pciback'].includes(module);

const readInstalledKernel = (
  source: Source,
  release: string,
  lists: Lists = readLists(source, release),
): InstalledKernel => {
  const builtin = lists.builtin?.filter(isAskedFor) ?? null;
  const modules = lists.modules?.filter(isAskedFor) ?? null;
  return {
    release,
    builtin,
    modules,
    parameters: readModuleParameters(source, {release, builtin: builtin ?? [], modules: modules ?? []}),
  };
};

const readLists = (source: Source, release: string): Lists => ({
  builtin: readModuleList(source, release, 'modules.builtin'),
  modules: readModuleList(source, release, 'modules.dep'),
});
