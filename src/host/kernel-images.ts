import type {Source} from '../system/source.ts';
import type {BootFacts, InitramfsImage} from './facts.ts';

/** Installed kernels and the initramfs of each: in /boot, and where kernel-install puts them (systemd: kernel-install(8)). */
export const readKernelImages = (source: Source): Required<Pick<BootFacts, 'kernels' | 'images'>> => {
  const names = source.list('/boot');
  const installed = entryDirectories(source);
  const inBoot = names.flatMap((name) => /^(?:vmlinuz|kernel)-(\d+\.\d.*)$/.exec(name)?.[1] ?? []);
  const kernels = [...new Set([...inBoot, ...installed.filter(({path}) => source.exists(`${path}/linux`)).map(({release}) => release)])];
  const images = [
    ...names.map((name) => ({release: releaseOf(name), path: `/boot/${name}`})),
    ...installed.map(({release, path}) => ({release, path: `${path}/initrd`})).filter(({path}) => source.exists(path)),
  ];
  return {kernels, images: images.filter((image): image is InitramfsImage => image.release !== null && kernels.includes(image.release))};
};

/** Fedora, openSUSE, Debian. Arch's names tell no release; those of kdump and of rescue systems belong to no kernel here. */
const releaseOf = (name: string): string | null =>
  /^initramfs-(\d+\.\d.*)\.img$/.exec(name)?.[1] ?? /^(?:initrd|initrd\.img)-(\d+\.\d.*)$/.exec(name)?.[1] ?? null;

type EntryDirectory = {readonly release: string; readonly path: string};

/** `$BOOT/TOKEN/RELEASE`; the token is the machine id or a name of the administrator's. */
const entryDirectories = (source: Source): readonly EntryDirectory[] =>
  ['/boot', '/boot/efi', '/efi'].flatMap((boot) =>
    source.list(boot).flatMap((token) =>
      source.list(`${boot}/${token}`).filter((name) => /^\d+\.\d/.test(name)).map((release) => ({release, path: `${boot}/${token}/${release}`})),
    ),
  );
