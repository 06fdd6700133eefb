import type {GrubFacts, OwnBootFacts} from '../../facts/boot.ts';
import {type FileTable, keeps, looksAt} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import {parseShellScript} from '../../formats/shell/parse.ts';
import {type Assignment, ShellSyntaxError} from '../../formats/shell/script.ts';
import type {Source} from '../../system/source.ts';
import type {BootReading} from '../boot-chain.ts';
import {grubDefaultsPath, grubDropInDirectory, grubDropInPath} from './choose-grub-target.ts';
import {readGrubDefaults} from './edit-grub-defaults.ts';
import {readGrubMenu} from './grub-menu.ts';
import {withoutOwnBlock} from '../../formats/own-block.ts';
import {xenKernelLines} from './hypervisor-entry.ts';
import {grubVariables, isObstacle} from './grub-variable.ts';

export const grubFiles: FileTable = [
  keeps('/etc/default', 'grub'),
  // The directory itself: where it is empty, a drop-in of our own is still possible.
  keeps(grubDropInDirectory, '. *.cfg'),
  looksAt(grubDropInDirectory, '*'),
  looksAt('/boot/grub', 'grub.cfg', 'xen-menu'),
  looksAt('/boot/grub2', 'grub.cfg', 'xen-menu'),
  keeps('/boot/grub', 'custom.cfg'),
  keeps('/boot/grub2', 'custom.cfg'),
  // Arguments of Xen, where GRUB starts xen.efi.
  keeps('/boot/grub2', 'xen*.cfg'),
  looksAt('/usr/sbin', 'update-grub grub-mkconfig grub2-mkconfig', 'presence'),
  looksAt('/usr/bin', 'grub-mkconfig grub2-mkconfig', 'presence'),
];

export const readGrubFacts = (reading: BootReading): GrubFacts => ({
  kind: 'grub',
  name: readGrubName(reading.source),
  isUnderXen: reading.source.text('/sys/hypervisor/type')?.trim() === 'xen',
  menu: readGrubMenu(reading),
});

/** The menu shows it; its directory may be closed to this user, and then the program does. */
const readGrubName = (source: Source): GrubFacts['name'] => {
  const hasMenu = source.exists('/boot/grub2/grub.cfg');
  const hasProgram =
    ['/usr/sbin/grub2-mkconfig', '/usr/bin/grub2-mkconfig'].some(source.exists) &&
    !source.exists('/boot/grub/grub.cfg');
  return hasMenu || hasProgram ? 'grub2' : 'grub';
};

/** Plain values that GRUB's settings give to a variable, in the order in which they are read. */
export const grubSettings = (source: Source, name: string): readonly string[] =>
  [
    grubDefaultsPath,
    ...source
      .list(grubDropInDirectory)
      .filter((file) => file.endsWith('.cfg'))
      .map((file) => `${grubDropInDirectory}/${file}`),
  ].flatMap((path) =>
    assignmentsOf(source.text(path) ?? '')
      .filter((assignment) => assignment.name === name)
      .map(({value}) => value.text),
  );

/**
 * The kernel arguments that GRUB's settings give, those of our own drop-in left out: it is made anew from each plan. Of a
 * file that is too clever to be edited, all that it may set.
 */
export const nextGrubArguments = (
  files: Readonly<Record<string, FileFacts>>,
  own: OwnBootFacts | null = null,
): readonly string[] | null => {
  const found = Object.values(files).filter(
    ({path, text}) =>
      text !== null &&
      path !== grubDropInPath &&
      (path === grubDefaultsPath || (path.startsWith(`${grubDropInDirectory}/`) && path.endsWith('.cfg'))),
  );
  if (found.length === 0) return null;
  const ofXen = own?.kind === 'grub' && own.isUnderXen ? xenKernelLines(files) : [];
  return [...found.flatMap(({text}) => linesOf(text ?? '')), ...ofXen];
};

const linesOf = (text: string): readonly string[] => {
  const reading = readGrubDefaults(withoutOwnBlock(text));
  return isObstacle(reading)
    ? assignmentsOf(text)
        .filter(({name}) => grubVariables.some((variable) => variable === name))
        .map(({value}) => value.text)
    : [reading.linux.variable.text, reading.linuxDefault.variable.text];
};

/** None where the text is no shell script. */
const assignmentsOf = (text: string): readonly Assignment[] => {
  try {
    return parseShellScript(text).assignments;
  } catch (error) {
    if (error instanceof ShellSyntaxError) return [];
    throw error;
  }
};
