import type {Source} from '../system/source.ts';

/** `kernel/drivers/vfio/pci/vfio-pci.ko.xz: …`: the kernel spells every module name with underscores. */
export const readModuleList = (source: Source, release: string | null, file: 'modules.builtin' | 'modules.dep'): readonly string[] | null => {
  const text = release === null ? null : readModuleFile(source, release, file);
  if (text === null) return null;
  return [...text.matchAll(/^([^:\s]+)\.ko(?:\.\w+)?(?=:|\s|$)/gm)].map(([, path = '']) => path.slice(path.lastIndexOf('/') + 1).replaceAll('-', '_'));
};

/** A file that depmod or the kernel's build left beside the modules. */
export const readModuleFile = (source: Source, release: string, file: string): string | null =>
  source.text(`/lib/modules/${release}/${file}`) ?? source.text(`/usr/lib/modules/${release}/${file}`);
