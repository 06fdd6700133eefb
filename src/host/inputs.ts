import {type HostInput, inputDirectory, isKeyboardPath, isMousePath} from '../facts/inputs.ts';
import type {Source} from '../system/source.ts';
import {pciAddressesOf} from './pci/pci-function.ts';

/** `null` where nobody can know: a tree that was captured without these links. */
export const readInputs = (source: Source): readonly HostInput[] | null => {
  if (!source.exists('/dev/input')) return null;
  return source
    .list(inputDirectory)
    .map((name) => `${inputDirectory}/${name}`)
    .filter((path) => isKeyboardPath(path) || isMousePath(path))
    .map((path) => {
      const event = source.link(path)?.split('/').at(-1) ?? '';
      const place = source.resolve(`/sys/class/input/${event}`) ?? '';
      return {
        path,
        isKeyboard: isKeyboardPath(path),
        controller: pciAddressesOf(place).at(-1) ?? null,
        usbPort: /\/(\d+-[\d.]+)\/\d+-[\d.]+:/.exec(place)?.[1] ?? null,
      };
    });
};
