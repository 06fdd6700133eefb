import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {CommandArtifact, GeneratedArtifact} from '../../src/artifacts/artifact.ts';
import type {Change, FileChange, RunChange, SymlinkChange} from '../../src/changes/change.ts';
import type {Machine, Program} from '../../src/system/machine.ts';
import type {ApplyRequest} from '../../src/transaction/apply.ts';
import {readPathState} from '../../src/transaction/path-state.ts';
import {put, putLink} from './scratch-root.ts';

export const ids = ['20260131T120000Z-aaaa', '20260131T120001Z-bbbb', '20260131T120002Z-cccc'] as const;

export const request = (changes: readonly Change[], id: string = ids[0]): ApplyRequest => ({
  changes,
  plan: {version: 1, id},
  profileName: 'test',
  toolVersion: '0.0.0',
  now: '2026-01-31T12:00:00.000Z',
  id,
});

const expected = (machine: Machine, path: string): FileChange['expected'] => {
  const state = readPathState(machine, path);
  if (state.state === 'other') throw new Error(`${path} is no file`);
  return state;
};

/** A change as the comparison would make it on the present machine. */
export const fileChange = (
  machine: Machine,
  path: string,
  content: string | null,
  how: 'file' | 'guest' | 'last' = 'file',
  mode = 0o644,
): FileChange => {
  const now = expected(machine, path);
  const kind = content === null ? 'remove' : now.state === 'absent' ? 'create' : 'replace';
  return {
    kind,
    path,
    expected: now,
    content: content === null ? null : {text: content, encoding: 'utf8', mode},
    placing: how === 'last' ? 'last' : 'first',
    by: how === 'guest' ? 'registry' : 'writer',
    diff: '',
    why: [],
  };
};

export const linkChange = (machine: Machine, path: string, target: string | null): SymlinkChange => {
  const now = expected(machine, path);
  const kind = target === null ? 'remove' : now.state === 'absent' ? 'create' : 'replace';
  return {kind, path, expected: now, target, diff: '', why: []};
};

export const command = (
  argv: CommandArtifact['argv'],
  triggers: readonly string[],
  undo: CommandArtifact['undo'] = null,
): RunChange => ({
  kind: 'run',
  path: argv.join(' '),
  command: {kind: 'command', argv, undo, triggers, timeoutSeconds: 10, why: []},
  diff: '',
  why: [],
});

export const generated = (
  path: string,
  argv: GeneratedArtifact['argv'],
  triggers: readonly string[],
  validations: GeneratedArtifact['validations'] = [],
): RunChange => ({
  kind: 'run',
  path: argv.join(' '),
  command: {kind: 'generated', path, argv, validations, triggers, timeoutSeconds: 10, why: []},
  diff: '',
  why: [],
});

const defaultEntryPath = '/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';
const loaderVariable = (text: string): Buffer =>
  Buffer.concat([Buffer.from([7, 0, 0, 0]), Buffer.from(`${text}\0`, 'utf16le')]);

/** What must hold at every instant: the default names an entry, and each entry an image. */
export const bootFaults = (root: string): readonly string[] => {
  const chosen = readFileSync(join(root, defaultEntryPath)).subarray(4).toString('utf16le').replace('\0', '');
  const [entry, image] = ['/efi/loader/entries/new.conf', '/efi/initrd.new'].map((path) =>
    existsSync(join(root, path)),
  );
  return [
    ...(chosen === 'new.conf' && entry !== true ? ['the default is gone'] : []),
    ...(entry === true && image !== true ? ['the image of the entry is gone'] : []),
  ];
};

/** Stand-ins that do what the real ones do to the tree, in small. */
export const programs: Readonly<Record<string, Program>> = {
  'grub-mkconfig': (argv, {root}) => {
    writeFileSync(join(root, argv.at(-1) ?? ''), `menu for ${readFileSync(join(root, '/etc/default/grub'), 'utf8')}`);
    return {exitCode: 0, stdout: 'Generating grub configuration file ...\ndone\n'};
  },
  'grub-script-check': (argv, {root}) => ({exitCode: existsSync(join(root, argv.at(-1) ?? '')) ? 0 : 1}),
  'update-initramfs': (_argv, {root}) => {
    writeFileSync(
      join(root, '/boot/initrd.img'),
      `initrd of ${readdirSync(join(root, '/etc/modprobe.d'))
        .filter((name) => !name.startsWith('.'))
        .join(' ')}`,
    );
    return {exitCode: 0};
  },
  mkinitcpio: (argv, {root}) => {
    writeFileSync(join(root, argv.at(-1) ?? ''), 'initrd with vfio');
    return {exitCode: 0};
  },
  bootctl: ([, , id = ''], {root}) => {
    writeFileSync(join(root, defaultEntryPath), loaderVariable(id));
    return {exitCode: 0};
  },
  virsh: (argv, {root}) => {
    const last = argv.at(-1) ?? '';
    if (argv.includes('undefine')) {
      rmSync(join(root, `/etc/libvirt/qemu/${argv[4] ?? ''}.xml`));
      return {exitCode: 0};
    }
    const xml = readFileSync(join(root, last), 'utf8').replace(/^<!--.*-->\n/u, '');
    const name = /<name>(.*)<\/name>/u.exec(xml)?.[1] ?? '';
    writeFileSync(
      join(root, `/etc/libvirt/qemu/${name}.xml`),
      `<!-- AUTO-GENERATED -->\n${xml.replace('<domain>', '<domain type="kvm">')}`,
    );
    return {exitCode: 0};
  },
};

/** A small host with something of every kind that can be changed. */
export const fillHost = (root: string): void => {
  put(root, '/etc/default/grub', 'GRUB_CMDLINE_LINUX="quiet"\n', 0o640);
  put(root, '/etc/modprobe.d/old.conf', 'options old\n');
  put(root, '/etc/modprobe.d/kept.conf', 'options kept\n', 0o600);
  put(root, '/etc/libvirt/qemu/win.xml', '<!-- by hand -->\n<domain><name>win</name></domain>\n', 0o600);
  putLink(root, '/etc/systemd/system/default.target', '/lib/systemd/system/graphical.target');
  putLink(root, '/etc/systemd/system/gone.service', '/dev/null');
  put(root, '/boot/grub/grub.cfg', 'menu for GRUB_CMDLINE_LINUX="quiet"\n', 0o600);
  put(root, '/boot/initrd.img', 'initrd of kept.conf old.conf');
  put(root, '/efi/initrd', 'initrd');
  put(root, '/efi/loader/entries/old.conf', 'initrd /initrd\n');
  put(root, defaultEntryPath, loaderVariable('old.conf'));
};

const ownImage: RunChange = (() => {
  const change = generated(
    '/efi/initrd.new',
    ['mkinitcpio', '-g', '{output}'],
    ['/efi/loader/entries/new.conf'],
    [{kind: 'size', minimumRatio: 0.5, of: '/efi/initrd'}],
  );
  return {...change, command: {...change.command, onRollback: 'remove'}} as RunChange;
})();

const defaultEntry: RunChange = (() => {
  const change = command(
    ['bootctl', 'set-default', 'new.conf'],
    ['/efi/loader/entries/new.conf'],
    ['bootctl', 'set-default', 'old.conf'],
  );
  return {
    ...change,
    command: {
      ...change.command,
      effect: {kind: 'loader-variable', name: 'LoaderEntryDefault', before: 'old.conf', after: 'new.conf'},
    },
  } as RunChange;
})();

export const hostChanges = (machine: Machine): readonly Change[] => [
  fileChange(machine, '/etc/default/grub', 'GRUB_CMDLINE_LINUX="quiet intel_iommu=on"\n'),
  fileChange(machine, '/etc/modprobe.d/vfio.conf', 'options vfio-pci\n'),
  fileChange(machine, '/etc/modprobe.d/old.conf', null),
  fileChange(machine, '/etc/initramfs-tools/scripts/init-top/vfio', '#!/bin/sh\n', 'file', 0o755),
  fileChange(machine, '/etc/libvirt/qemu/win.xml', '<domain><name>win</name><memory/></domain>\n', 'guest'),
  fileChange(machine, '/etc/libvirt/qemu/new.xml', '<domain><name>new</name></domain>\n', 'guest', 0o600),
  linkChange(machine, '/etc/systemd/system/multi-user.target.wants/vfio.service', '../vfio.service'),
  linkChange(machine, '/etc/systemd/system/default.target', '/lib/systemd/system/multi-user.target'),
  linkChange(machine, '/etc/systemd/system/gone.service', null),
  fileChange(machine, '/efi/loader/entries/new.conf', 'initrd /initrd.new\n', 'last'),
  ownImage,
  defaultEntry,
  command(['update-initramfs', '-u'], ['/etc/modprobe.d/vfio.conf'], ['update-initramfs', '-u']),
  generated(
    '/boot/grub/grub.cfg',
    ['grub-mkconfig', '-o', '{output}'],
    ['/etc/default/grub'],
    [
      {kind: 'command', argv: ['grub-script-check', '{output}']},
      {kind: 'contains', texts: ['intel_iommu=on']},
      {kind: 'size', minimumRatio: 0.5},
    ],
  ),
];

export const never: AbortSignal = new AbortController().signal;
export const silent = (): void => undefined;
