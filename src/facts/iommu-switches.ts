import type {HostFacts} from './host-facts.ts';
import type {IommuVendor} from './iommu-vendor.ts';
import {kernelLineSteps} from './kernel-line-steps.ts';
import {beforeInit, keyOf, splitKernelLine} from '../formats/kernel-line/tokens.ts';

/** A word of the command line that keeps the IOMMU from working, as a whole or for the integrated GPU alone. */
export type IommuSwitch = {
  /** As it is on the line, `amd_iommu=off`. */
  readonly text: string;
  readonly key: 'iommu' | 'intel_iommu' | 'amd_iommu';
  readonly turnsOff: 'all' | 'integrated-gpu';
};

/**
 * Those that the kernel obeys here: `iommu=off` counts for both vendors, the others for their own (kernel:
 * arch/x86/kernel/pci-dma.c, drivers/iommu/intel/iommu.c intel_iommu_setup, drivers/iommu/amd/init.c).
 */
export const iommuSwitches = (commandLine: string | null, vendor: IommuVendor | null): readonly IommuSwitch[] => {
  const tokens = beforeInit(splitKernelLine((commandLine ?? '').replaceAll('\n', ' ')).tokens);
  const found = tokens.flatMap(({text}): readonly IommuSwitch[] => {
    const key = keyOf(text);
    const parts = text.slice(text.indexOf('=') + 1).split(',');
    if (key === 'iommu' && parts.includes('off')) return [{text, key, turnsOff: 'all'}];
    if (key === 'amd_iommu' && vendor !== 'intel' && parts.includes('off')) return [{text, key, turnsOff: 'all'}];
    if (key !== 'intel_iommu' || vendor === 'amd') return [];
    // The last of `on` and `off` counts, over all words.
    if (lastOf(tokens.map((token) => token.text)) === 'off' && parts.includes('off'))
      return [{text, key, turnsOff: 'all'}];
    return parts.includes('igfx_off') ? [{text, key, turnsOff: 'integrated-gpu'}] : [];
  });
  return [...new Map(found.map((one) => [one.text, one])).values()];
};

const lastOf = (words: readonly string[]): string | undefined =>
  words
    .filter((word) => keyOf(word) === 'intel_iommu')
    .flatMap((word) => word.slice(word.indexOf('=') + 1).split(','))
    .findLast((part) => part === 'on' || part === 'off');

type File = {readonly path: string; readonly text: string | null};

/** The file that has this word, `/etc/default/grub`; `null` where none that was read does. */
const fileWithWord = (files: Readonly<Record<string, File>>, word: string): string | null =>
  Object.values(files).find(({path, text}) => !path.endsWith('.xml') && wordsOf(text ?? '').has(word))?.path ?? null;

const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(
    text
      .split('\n')
      .filter((line) => !/^\s*#/.test(line))
      .flatMap((line) => line.split(/[\s"']+/).flatMap((word) => [word, word.slice(word.indexOf('=') + 1)])),
  );

/** How a person takes them out, up to the reboot. */
export const takeOut = ({boot, files}: Pick<HostFacts, 'boot' | 'files'>, off: readonly IommuSwitch[]): string => {
  const [first] = off;
  const words = off.map(({text}) => text);
  return kernelLineSteps(
    boot.support.lineEdit,
    'remove',
    words,
    first === undefined ? null : fileWithWord(files, first.text),
  );
};

/** `amd_iommu=off in /etc/default/grub` */
export const describeSwitch = (files: Readonly<Record<string, File>>, {text}: IommuSwitch): string => {
  const path = fileWithWord(files, text);
  return path === null ? `${text} on the kernel command line` : `${text} in ${path}`;
};
