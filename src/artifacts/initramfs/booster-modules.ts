/** Whether `modules` or `modules_force_load` of booster.yaml name a module, by itself, by its file or by its directory. */
export const readBoosterModules = (text: string): {readonly has: (module: string) => boolean} => {
  const words = [...text.matchAll(/^modules(?:_force_load)?[ \t]*:(.*(?:\n[ \t-].*)*)/gm)].flatMap(([, value = '']) => value.replaceAll(/(^|\s)#.*$/gm, '').split(/[\s,[\]"']+/));
  const added = words.filter((word) => word !== '' && !word.startsWith('-'));
  const directories = added.filter((word) => word.endsWith('/'));
  const names = new Set(added.map((word) => (word.split('/').at(-1) ?? '').replace(/\.ko(?:\.\w+)?$/, '').replaceAll('-', '_')));
  const isAll = names.has('*');
  return {has: (module) => isAll || names.has(module) || directories.some((directory) => (isSound(module) ? soundPlaces : gpuPlaces).some((place) => place.startsWith(directory) || directory.startsWith(place)))};
};

const isSound = (module: string): boolean => module.startsWith('snd_');

/** Where the kernel has these drivers, and where DKMS puts theirs. */
const gpuPlaces = ['kernel/drivers/gpu/drm/', 'kernel/drivers/video/', 'updates/dkms/'];
const soundPlaces = ['kernel/sound/pci/hda/', 'kernel/sound/hda/'];
