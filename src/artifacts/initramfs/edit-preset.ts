import {oneLine} from '../own-file.ts';
import {parsePreset} from './mkinitcpio-preset.ts';
import type {PresetImage} from './mkinitcpio-preset.ts';

const begin = '# BEGIN vfio-pilot';
const end = '# END vfio-pilot';
const block = new RegExp(`(?<=^|\\n)${begin}[^\\n]*\\n(?:[^\\n]*\\n)*?${end}[^\\n]*(?:\\n|$)`);

export const withoutOwnPreset = (text: string): string => text.replace(block, '');

/**
 * A preset with one image more: a kernel of the same name is replaced by the next update, and an image with the modules
 * of the old one would not start it. `null` where the preset is not understood, or does not make `of`.
 */
export const editPreset = (text: string, images: readonly {readonly of: string; readonly path: string}[], profile: string): string | null => {
  const foreign = withoutOwnPreset(text);
  const preset = parsePreset(foreign);
  if (!preset.ok || foreign.includes(begin)) return null;
  const blocks = images.flatMap(({of, path}, index) => {
    const listed = preset.images.find(({image}) => image === of);
    return listed === undefined ? [] : [renderPreset(`vfio_pilot${index === 0 ? '' : `_${index}`}`, listed, path)];
  });
  if (blocks.length === 0) return null;
  const ours = `${begin} (profile ${oneLine(profile)})\n${blocks.join('')}${end}\n`;
  return `${foreign}${foreign === '' || foreign.endsWith('\n') ? '' : '\n'}${ours}`;
};

const renderPreset = (name: string, {kernel, isUnified, options}: PresetImage, path: string): string =>
  `PRESETS+=('${name}')\n${name}_kver="${kernel}"\n${name}_${isUnified ? 'uki' : 'image'}="${path}"\n${options.length === 0 ? '' : `${name}_options="${options.join(' ')}"\n`}`;
