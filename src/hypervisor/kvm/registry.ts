import type {GuestRegistry, Ports, RegistryCommands} from '../../artifacts/ports.ts';
import {guestOfFileName} from '../../facts/guest-name.ts';
import {childNamed, parseXmlBeginning} from '../../formats/xml/document.ts';
import type {Machine} from '../../system/machine.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import {networkRegistry, whyPooled} from './networks/network-registry.ts';
import {handoverState} from './hooks/handover-hook.ts';

const timeoutSeconds = 60;
const virsh = ['virsh', '-c', 'qemu:///system'] as const;

const definition: NonNullable<RegistryCommands['definition']> = {
  define: (definition, isNew) => [...virsh, 'define', ...(isNew ? ['--validate'] : []), definition],
  // `--keep-nvram`: the firmware's variables are the guest's (virsh(1) refuses to undefine without a choice).
  undefine: (path) => [...virsh, 'undefine', nameOf(path), '--keep-nvram'],
};

/** Where libvirt keeps the guests of the machine. */
export const libvirtRegistry: GuestRegistry = {
  keeps: (path) => path.endsWith('.xml') && !networkRegistry.keeps(path),
  obstacle: (machine, path) =>
    machine.hasProgram('virsh')
      ? null
      : {
          problem: `${path} is a libvirt domain and virsh is not installed.`,
          nextStep: 'Install the libvirt client programs, then run apply again.',
        },
  // libvirt keeps /etc/libvirt/qemu to root, as domains may hold passwords.
  directoryMode: 0o700,
  // libvirtd keeps the domains in memory: writing the file under it would change nothing until its restart.
  define: async ({run}, _path, file, isNew) => {
    await run(definition.define(file, isNew), timeoutSeconds);
  },
  undefine: async ({run}, path) => {
    await run(definition.undefine(path), timeoutSeconds);
  },
  commands: {definition, state: (name) => [...virsh, 'domstate', name]},
  // libvirt writes NAME.xml.new and renames it (libvirt: virFileRewrite). Its next definition writes over such a file.
  leftoverOf: (path) => `${path}.new`,
  isHalfMade: () => false,
  hasSettingsOf: null,
  withoutApplied: null,
};

const handoverHook = /^\/etc\/libvirt\/hooks\/qemu\.d\/vfio-pilot-\d\d-handover-(.+)$/;

/** Without its hook a guest that runs would not give the screen of the host back. */
export const whyLent = (machine: Machine, paths: readonly string[]): ReturnType<Ports['whyInUse']> => {
  for (const path of paths) {
    const part = handoverHook.exec(path)?.[1];
    if (part === undefined) continue;
    const guest = guestOfFileName(part);
    if (machine.stat(`/run/${handoverState(guest)}`) === null) continue;
    return {
      problem: `The guest ${guest} has the host's graphics card now, and ${path} gives it back when the guest ends.`,
      nextStep: `Shut the guest down (virsh shutdown ${quoteForShell(guest)}), then run this again.`,
    };
  }
  return null;
};

/**
 * `virsh undefine` deletes the state of an emulated TPM (libvirt keeps it below this folder, by UUID), and with it goes
 * the key of a disk that the guest has encrypted. It is there once the guest was started.
 */
const whyTpm = (machine: Machine, paths: readonly string[]): ReturnType<Ports['whyInUse']> => {
  for (const path of paths) {
    if (!path.startsWith('/etc/libvirt/qemu/') || machine.stat(path)?.type !== 'file') continue;
    const {root} = parseXmlBeginning(machine.read(path).toString('utf8'));
    const uuid = childNamed(root, 'uuid')?.text.trim() ?? '';
    const state = `/var/lib/libvirt/swtpm/${uuid}`;
    if (!/^[0-9a-f-]{36}$/i.test(uuid) || machine.list(state).length === 0) continue;
    return {
      problem: `The guest ${nameOf(path)} was started with an emulated TPM, whose state libvirt deletes together with the guest; a disk that the guest has encrypted with it can't be opened any more.`,
      nextStep: `Move the state away and keep it as long as the disk (mv ${state} /root/), then run this again.`,
    };
  }
  return null;
};

export const whyKept: Ports['whyInUse'] = (machine, paths, changed) =>
  whyLent(machine, paths) ?? whyTpm(machine, paths) ?? whyPooled(machine, paths, changed);

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.xml$/, '');
