import {type FileTable, keeps, looksAt} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import {type BootChain, type Evidence, plainLoader} from '../boot-chain.ts';
import {readLoaderVariable} from '../efi-variables.ts';
import {bootPlaces} from '../entries/linux-entries.ts';

/** rEFInd reads it next to the kernel, so that it is in /boot even where the EFI partition is elsewhere. */
const linesPath = '/boot/refind_linux.conf';
const settingsPaths = bootPlaces.map((place) => `${place}/EFI/refind/refind.conf`);
const programPaths = bootPlaces.map((place) => `${place}/EFI/refind/refind_x64.efi`);

const files: FileTable = [
  keeps('/boot', 'refind_linux.conf'),
  ...bootPlaces.map((place) => keeps(`${place}/EFI/refind`, 'refind.conf')),
  ...bootPlaces.map((place) => looksAt(`${place}/EFI/refind`, 'refind_x64.efi', 'presence')),
];

const evidence: BootChain['detection']['evidence'] = ({source}) => {
  const info = readLoaderVariable(source, 'LoaderInfo');
  const path = [linesPath, ...settingsPaths, ...programPaths].find(source.exists);
  const found: Evidence[] = [];
  if (/^rEFInd\b/i.test(info ?? ''))
    found.push({loader: 'refind', strength: 'boot', sentence: `The EFI variable LoaderInfo says "${info}".`});
  if (path !== undefined)
    found.push({loader: 'refind', strength: 'files', sentence: `${path} exists: rEFInd is set up.`});
  return found;
};

/** `"title"  "arguments"` on each line (rEFInd: Methods of Booting Linux). The first line is the default. */
const argumentsOf = (lines: FileFacts | undefined): readonly string[] | null => {
  const found = [...(lines?.text ?? '').matchAll(/^\s*(?!#)(?:"[^"\n]*"|\S+)[ \t]+"([^"\n]*)"/gm)];
  return found.length === 0 ? null : found.map(([, text = '']) => text);
};

/** People write its lines in many ways, and the kernel's own file next to it may serve several systems: it is never written. */
export const refind: BootChain = {
  name: 'refind',
  detection: {...plainLoader, evidence, needsUefi: true, writesFor: ['efi-stub']},
  files,
  readOwn: () => null,
  nextArguments: (found) => argumentsOf(found[linesPath]),
  writer: null,
  lineEdit: () => null,
  byHand: (facts) => {
    const settings = settingsPaths.find((path) => facts.files[path] !== undefined) ?? 'refind.conf';
    return facts.files[linesPath] === undefined
      ? `In ${settings}, in the options line of the menu entry that starts this system, add`
      : `In ${linesPath}, inside the second pair of quotes of the first line, add`;
  },
};
