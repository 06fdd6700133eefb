import {type FileTable, keeps} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import {type BootChain, type Evidence, plainLoader} from '../boot-chain.ts';
import {readLoaderVariable} from '../efi-variables.ts';

/** Limine: CONFIG.md; next to its EFI program in the first place. */
const places = [
  '/boot/limine/limine.conf',
  '/boot/limine.conf',
  '/limine/limine.conf',
  '/limine.conf',
  '/boot/efi/limine.conf',
  '/boot/EFI/BOOT/limine.conf',
  '/boot/EFI/limine/limine.conf',
  '/efi/limine.conf',
  '/efi/EFI/limine/limine.conf',
] as const;

export const limineFiles: FileTable = places.map((path) =>
  keeps(path.slice(0, path.lastIndexOf('/')) || '/', 'limine.conf'),
);

/** The file that Limine reads, where Linux sees it. */
export const limineConfiguration = (files: Readonly<Record<string, FileFacts>>): FileFacts | undefined =>
  Object.values(files).find((file) => file.path.endsWith('/limine.conf'));

const evidence: BootChain['detection']['evidence'] = ({source}) => {
  const info = readLoaderVariable(source, 'LoaderInfo');
  const path = places.find(source.exists);
  const found: Evidence[] = [];
  if (/^Limine\b/i.test(info ?? ''))
    found.push({loader: 'limine', strength: 'boot', sentence: `The EFI variable LoaderInfo says "${info}".`});
  if (path !== undefined)
    found.push({loader: 'limine', strength: 'files', sentence: `${path} exists: Limine is set up.`});
  return found;
};

/** limine.conf holds all entries in one file on the EFI partition, and may be bound by a hash: it is never written by us. */
export const limine: BootChain = {
  name: 'limine',
  detection: {...plainLoader, evidence},
  files: limineFiles,
  readOwn: () => null,
  nextArguments: () => null,
  writer: null,
  lineEdit: () => null,
  byHand: ({files}) => {
    const configuration = limineConfiguration(files);
    return configuration === undefined
      ? 'Add by hand'
      : `Copy the entry that works in ${configuration.path} under a title of its own, and add to the cmdline of the copy`;
  },
};
