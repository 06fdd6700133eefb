import {readLimineEntries} from './limine-entries.ts';

/** An entry by what a person calls it, and the images that it starts with besides updates of the processor. */
export type EntryImages = {readonly entry: string; readonly images: readonly string[]};

/** Of a file of boot entries: limine.conf as its tool makes it, or one entry of the Boot Loader Specification. */
export const readEntryImages = (path: string, text: string): readonly EntryImages[] =>
  path.endsWith('/limine.conf')
    ? readLimineEntries(text).filter(({isGenerated}) => isGenerated).map(({title, modules}) => ({entry: `${title} of ${path}`, images: withoutMicrocode(modules).flatMap((module) => limineFile(path, module))}))
    : [{entry: path, images: withoutMicrocode(initrdsOf(text)).map((image) => `${path.slice(0, path.indexOf('/loader/entries/'))}${image}`)}];

const initrdsOf = (text: string): readonly string[] => [...text.matchAll(/^[ \t]*initrd[ \t]+(.*)$/gm)].flatMap((match) => match[1]?.trim().split(/\s+/) ?? []);

const withoutMicrocode = (images: readonly string[]): readonly string[] => images.filter((image) => !/ucode|microcode/.test(image));

/** `boot():/TOKEN/linux/initramfs#CHECKSUM` on the volume that limine.conf is on; of other volumes it is not known where they are mounted (Limine: CONFIG.md). */
const limineFile = (configuration: string, module: string): readonly string[] => {
  const path = /^boot\(\):(\/[^#]+)/.exec(module)?.[1];
  return path === undefined ? [] : [`${configuration.replace(/(?:\/EFI\/\w+|\/limine)?\/limine\.conf$/, '')}${path}`];
};
