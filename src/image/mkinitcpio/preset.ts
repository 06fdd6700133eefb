import {oneLine} from '../../artifacts/rendered.ts';
import {hasDamagedBlock, withOwnBlock, withoutOwnBlock} from '../../formats/own-block.ts';

/** One image that `mkinitcpio -P` would make: an initramfs, or (`isUnified`) a program for the firmware that holds kernel, initramfs and arguments. */
export type PresetImage = {
  readonly kernel: string;
  readonly image: string;
  readonly isUnified: boolean;
  readonly options: readonly string[];
};

export type Preset =
  {readonly ok: true; readonly images: readonly PresetImage[]} | {readonly ok: false; readonly reason: string};

/**
 * Reads a preset of `/etc/mkinitcpio.d` (mkinitcpio(8) "About presets"). It is a bash script, of which only plain
 * assignments are understood; anything else is refused with its line.
 */
export const parsePreset = (text: string): Preset => {
  const values = new Map<string, readonly string[]>();
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#.*)?\r?$/.test(line)) continue;
    const [, name, array, value] =
      /^\s*(\w+)=(?:\(([^()$`\\]*)\)|([^\s()$`\\]+|"[^"$`\\]*"|'[^']*'))?\s*(?:#.*)?$/.exec(line) ?? [];
    if (name === undefined) return {ok: false, reason: `line ${index + 1} is no plain assignment`};
    values.set(name, array === undefined ? [unquote(value ?? '')] : words(array));
  }
  return readImages(values);
};

const readImages = (values: ReadonlyMap<string, readonly string[]>): Preset => {
  const images: PresetImage[] = [];
  for (const name of values.get('PRESETS') ?? []) {
    const of = (key: string): string =>
      values.get(`${name}_${key}`)?.join(' ') || values.get(`ALL_${key}`)?.join(' ') || '';
    const unified = of('uki') || of('efi_image');
    if (unified !== '' && of('image') !== '')
      return {ok: false, reason: `the preset '${name}' makes a unified kernel image and an initramfs`};
    if (unified !== '' && (of('cmdline') !== '' || of('options').includes('--cmdline')))
      return {ok: false, reason: `the preset '${name}' names a file of arguments of its own`};
    if (of('config') !== '')
      return {
        ok: false,
        reason: `the preset '${name}' names its own configuration, so that /etc/mkinitcpio.conf.d is not read`,
      };
    if (!of('kver').startsWith('/') && !/^\d/.test(of('kver')))
      return {ok: false, reason: `the preset '${name}' names no kernel`};
    if (!`${unified}${of('image')}`.startsWith('/')) return {ok: false, reason: `the preset '${name}' names no image`};
    const splash = of('splash') === '' ? [] : ['--splash', of('splash')];
    images.push({
      kernel: of('kver'),
      image: unified || of('image'),
      isUnified: unified !== '',
      options: [
        ...of('options')
          .split(/\s+/)
          .filter((word) => word !== ''),
        ...splash,
      ],
    });
  }
  return images.length === 0 ? {ok: false, reason: 'it has no PRESETS'} : {ok: true, images};
};

const words = (text: string): readonly string[] => (text.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []).map(unquote);

const unquote = (text: string): string => text.replaceAll(/^(["'])(.*)\1$/g, '$2');

/**
 * A preset with one image more: a kernel of the same name is replaced by the next update, and an image with the modules
 * of the old one would not start it. `null` where the preset is not understood, or does not make `of`.
 */
export const editPreset = (
  text: string,
  images: readonly {readonly of: string; readonly path: string}[],
  profile: string,
): string | null => {
  const foreign = withoutOwnBlock(text);
  const preset = parsePreset(foreign);
  if (!preset.ok || hasDamagedBlock(text)) return null;
  const blocks = images.flatMap(({of, path}, index) => {
    const listed = preset.images.find(({image}) => image === of);
    return listed === undefined ? [] : [renderPreset(`vfio_pilot${index === 0 ? '' : `_${index}`}`, listed, path)];
  });
  if (blocks.length === 0) return null;
  return withOwnBlock(foreign, blocks.join(''), oneLine(profile));
};

const renderPreset = (name: string, {kernel, isUnified, options}: PresetImage, path: string): string =>
  `PRESETS+=('${name}')\n${name}_kver="${kernel}"\n${name}_${isUnified ? 'uki' : 'image'}="${path}"\n${options.length === 0 ? '' : `${name}_options="${options.join(' ')}"\n`}`;
