import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {parseShellScript} from '../../formats/shell/parse.ts';
import {type ShellScript, ShellSyntaxError} from '../../formats/shell/script.ts';

export const mkinitcpioDropInDirectory = '/etc/mkinitcpio.conf.d';
export const mkinitcpioConfPath = `${mkinitcpioDropInDirectory}/zz-vfio-pilot.conf`;

/** Hooks of the image: of mkinitcpio.conf and of the drop-ins behind it; `null` where they are no plain bash array. */
export const readHooks = (files: Readonly<Record<string, FileFacts>>): readonly string[] | null => {
  const dropIns = Object.keys(files).filter(
    (path) => path.startsWith(`${mkinitcpioDropInDirectory}/`) && path !== mkinitcpioConfPath,
  );
  let hooks: readonly string[] | null = null;
  for (const path of ['/etc/mkinitcpio.conf', ...dropIns.sort()]) {
    const script = parseBash(files[path]?.text ?? '');
    if (script === null || script.assignments.some(({name}) => name === 'HOOKS')) return null;
    for (const {operator, words, isConditional} of script.arrays.filter(({name}) => name === 'HOOKS')) {
      const isPlain = !isConditional && words.every(({expansions}) => expansions.size === 0);
      if (!isPlain || (operator === '+=' && hooks === null)) return null;
      const texts = words.map(({text}) => text).filter((text) => text !== '');
      hooks = operator === '+=' ? [...(hooks ?? []), ...texts] : texts;
    }
  }
  return hooks;
};

const parseBash = (text: string): ShellScript | null => {
  try {
    return parseShellScript(text, 'bash');
  } catch (error) {
    if (error instanceof ShellSyntaxError) return null;
    throw error;
  }
};

/** Settings of mkinitcpio with which our files would do nothing. */
export const judgeSettings = (facts: HostFacts): readonly Finding[] => {
  const hasDirectory = facts.files[mkinitcpioDropInDirectory] !== undefined;
  return [
    ...(hasDirectory
      ? []
      : [
          cannot(
            mkinitcpioDropInDirectory,
            `${mkinitcpioDropInDirectory} does not exist: this mkinitcpio is too old to read drop-ins.`,
            'Upgrade mkinitcpio (38 or later), or set binding: libvirt.',
          ),
        ]),
    ...judgeHooks(facts),
  ];
};

const judgeHooks = ({files}: HostFacts): readonly Finding[] => {
  const hooks = readHooks(files);
  const path = '/etc/mkinitcpio.conf';
  if (hooks === null)
    return [
      cannot(
        path,
        `HOOKS of ${path} can't be read as a plain list, so whether the image has udev or systemd is not known.`,
        'Write it as HOOKS=(base udev …), then run the command again.',
      ),
    ];
  if (!hooks.includes('base'))
    return [
      cannot(
        path,
        `HOOKS of ${path} has no base, whose shell and modprobe the hook needs.`,
        'Add base at the beginning of HOOKS, or set binding: libvirt.',
      ),
    ];
  return [];
};

export const cannot = (subject: string, message: string, remedy: string): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject,
  message,
  remedy,
});
