import {basename} from 'node:path';
import {parseGrubEntries} from '../../src/boot/grub/grub-menu.ts';
import type {Machine, RunRequest, RunResult} from '../../src/system/machine.ts';

/** Stand-ins for the programs of a Debian host with GRUB, on a machine in memory: what they make tells whether it is whole. */
export type Answer = {readonly exitCode: number; readonly stdout?: string};

export const environmentPath = '/boot/grub/grubenv';
export const menuPath = '/boot/grub/grub.cfg';
export const defaultsPath = '/etc/default/grub';

const textOf = (machine: Machine, path: string): string =>
  machine.stat(path)?.type === 'file' ? machine.read(path).toString('utf8') : '';

/** As programs do that replace a file and save it. */
export const save = (machine: Machine, path: string, text: string, mode = 0o644): void => {
  const temp = `${path}.saving`;
  if (machine.stat(temp) !== null) machine.unlink(temp);
  writeUnsaved(machine, temp, text, mode, (file) => file.sync());
  machine.rename(temp, path);
  machine.syncDirectory(path.slice(0, path.lastIndexOf('/')));
};

const writeUnsaved = (
  machine: Machine,
  path: string,
  text: string,
  mode = 0o644,
  last: (file: ReturnType<Machine['create']>) => void = () => undefined,
): void => {
  const file = machine.create(path);
  file.write(Buffer.from(text));
  file.chmod(mode);
  last(file);
  file.close();
};

const releasesIn = (machine: Machine): readonly string[] =>
  machine
    .list('/boot')
    .flatMap((name) => /^vmlinuz-(.*)$/.exec(name)?.[1] ?? [])
    .sort()
    .reverse();

const lastLine = '# END of the menu\n';

/** What grub-mkconfig makes of the present configuration, the newest kernel first. */
export const makeMenu = (machine: Machine): string => {
  const words = /^GRUB_CMDLINE_LINUX_DEFAULT="(.*)"/m.exec(textOf(machine, defaultsPath))?.[1] ?? '';
  const entries = releasesIn(machine).map(
    (release) =>
      `menuentry 'Debian ${release}' {\n\tlinux /vmlinuz-${release} root=/dev/sda1 ro ${words}\n\tinitrd /initrd.img-${release}\n}\n`,
  );
  return `set default="\${next_entry}"\n${entries.join('')}source \${config_directory}/custom.cfg\n${lastLine}`;
};

const trailer = 'TRAILER!!!';

/** What mkinitramfs makes of a configuration directory and /etc/modprobe.d, with a list of its members first. */
export const makeImage = (machine: Machine, release: string, directory = '/etc/initramfs-tools'): string => {
  const scripts = machine
    .list(`${directory}/scripts/init-top`)
    .filter((name) => !name.startsWith('.'))
    .map((name) => `${directory}/scripts/init-top/${name}`);
  const options = machine
    .list('/etc/modprobe.d')
    .filter((name) => name.endsWith('.conf') && !name.startsWith('.'))
    .map((name) => `/etc/modprobe.d/${name}`);
  const settings = textOf(machine, `${directory}/modules`);
  const modules = settings.split('\n').filter((line) => /^\w/.test(line));
  const members = [
    'scripts/init-top/ORDER',
    ...scripts.map((path) => path.slice(directory.length + 1)),
    ...options.map((path) => path.slice(1)),
    ...modules.map((name) => `usr/lib/modules/${release}/kernel/${name}.ko`),
  ];
  const contents = [settings, ...[...scripts, ...options].map((path) => textOf(machine, path))];
  return `image of ${release}\n${members.join('\n')}\n\n${contents.join('\n')}\n${'.'.repeat(20_000)}\n${trailer}`;
};

export const isWholeImage = (text: string): boolean => text.startsWith('image of ') && text.endsWith(trailer);
export const isWholeMenu = (text: string): boolean =>
  text.startsWith('set default') && text.endsWith(lastLine) && parseGrubEntries(text).length > 0;

const after = (argv: readonly string[], option: string): string | undefined =>
  argv.includes(option) ? argv[argv.indexOf(option) + 1] : undefined;
const done: Answer = {exitCode: 0};

const programs: Readonly<Record<string, (machine: Machine, argv: readonly string[]) => Answer>> = {
  'grub-mkconfig': (machine, argv) => (writeUnsaved(machine, after(argv, '-o') ?? '', makeMenu(machine)), done),
  'grub-script-check': (machine, argv) => ({exitCode: isWholeMenu(textOf(machine, argv.at(-1) ?? '')) ? 0 : 1}),
  mkinitramfs: (machine, argv) => (
    writeUnsaved(machine, after(argv, '-o') ?? '', makeImage(machine, argv.at(-1) ?? '', after(argv, '-d'))),
    done
  ),
  lsinitramfs: (machine, argv) => ({exitCode: 0, stdout: textOf(machine, argv.at(-1) ?? '').split('\n\n', 1)[0] ?? ''}),
  'grub-reboot': (machine, argv) => (save(machine, environmentPath, `next_entry=${argv.at(-1) ?? ''}\n`), done),
  'grub-editenv': (machine) => (save(machine, environmentPath, ''), done),
  systemctl: () => done,
  virsh: (machine, argv) => {
    const last = argv.at(-1) ?? '';
    if (argv.includes('undefine')) {
      machine.unlink(`/etc/libvirt/qemu/${argv[4] ?? ''}.xml`);
      machine.syncDirectory('/etc/libvirt/qemu');
      return done;
    }
    const xml = textOf(machine, last);
    save(machine, `/etc/libvirt/qemu/${/<name>(.*)<\/name>/.exec(xml)?.[1] ?? ''}.xml`, xml, 0o600);
    return done;
  },
};

/** The machine with its programs; each of them happens as a whole. */
export const withPrograms = (machine: Machine): Machine => ({
  ...machine,
  isLive: true,
  hasProgram: () => true,
  run: async ({argv}: RunRequest): Promise<RunResult> => {
    const name = basename(argv[0]);
    const {exitCode, stdout = ''} = programs[name]?.(machine, argv) ?? {exitCode: 127};
    return {
      state: 'ended',
      exitCode,
      problem: exitCode === 0 ? null : `it ended with ${exitCode}`,
      stdout,
      lastLines: [],
    };
  },
});
