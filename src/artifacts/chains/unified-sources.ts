import type {HostFacts, InitramfsSystem} from '../../host/facts.ts';
import {isOwnEntry} from './entry-names.ts';
import {parsePreset} from '../initramfs/mkinitcpio-preset.ts';
import {withoutOwnPreset} from '../initramfs/edit-preset.ts';

/** A unified image of this system; `release` is `null` where a preset says how it is made. */
export type UnifiedSource = {readonly path: string; readonly release: string | null};

/** One for each kernel, fallbacks left out. */
export const unifiedSources = (facts: HostFacts, system: InitramfsSystem | null): readonly UnifiedSource[] =>
  system === 'mkinitcpio' ? presetSources(facts) : namedSources(facts);

const presetSources = ({files}: HostFacts): readonly UnifiedSource[] =>
  Object.values(files)
    .filter(({path}) => path.startsWith('/etc/mkinitcpio.d/') && path.endsWith('.preset'))
    .flatMap((file) => {
      const preset = parsePreset(withoutOwnPreset(file.text ?? ''));
      return preset.ok ? preset.images.filter(({image, isUnified}) => isUnified && !/fallback/.test(image)).map(({image}) => ({path: image, release: null})) : [];
    });

/** kernel-install: `TOKEN-RELEASE.efi`; dracut by itself: `linux-RELEASE-MACHINEID.efi`. */
const namedSources = ({boot}: HostFacts): readonly UnifiedSource[] =>
  (boot.unifiedImages ?? []).filter(({path}) => !isOwnEntry(path) && !/fallback|rescue/.test(path)).flatMap(({path}) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const release = /^linux-(\d+\.\d.*)-[0-9a-f]{32}\.efi$/.exec(name)?.[1] ?? /^[^/]+?-(\d+\.\d[^/]*?)(?:\+\d+(?:-\d+)?)?\.efi$/.exec(name)?.[1];
    return release === undefined ? [] : [{path, release}];
  });
