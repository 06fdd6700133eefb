import {createHash} from 'node:crypto';
import {fileTableOf} from '../boot/chains.ts';
import {deviceKinds} from '../devices/device-kinds.ts';
import {type FileTable, keeps, looksAt} from '../facts/file-table.ts';
import type {FileFacts} from '../facts/files.ts';
import type {Source, SourceStat} from '../system/source.ts';
import {lookingGlassFiles} from '../hypervisor/kvm/looking-glass/files.ts';
import {kvmfrFiles} from '../hypervisor/kvm/looking-glass/kvmfr-files.ts';
import {seLinuxFiles} from '../hypervisor/kvm/selinux-labels.ts';
import {poolFiles} from '../hypervisor/xen/pool/render-pool.ts';
import {expandGlob} from './expand-glob.ts';
import type {Note} from './reader.ts';

/** What of the files that the table keeps is there, by path; nothing where the host has no such file. */
export const readFiles = (
  source: Source,
  note: Note,
  table: FileTable = fileTableOf(),
): Readonly<Record<string, FileFacts>> => {
  const listed = new Map<string, readonly string[]>();
  const paths = [...hostFiles, ...table].filter(({isFact}) => isFact).flatMap((row) => pathsOf(source, row, listed));
  const found = [...new Set(paths)].sort().map((path) => readFileFacts(source, path));
  const files = found.filter((file) => file !== null);
  for (const file of files) if (file.state === 'denied') note(denied(file.path));
  return Object.fromEntries(files.map((file) => [file.path, file]));
};

/** One file as comparison expects to find it again; `null` when there is none. */
const readFileFacts = (source: Source, path: string): FileFacts | null => {
  const stat = source.stat(path);
  if (stat === null) return null;
  const {mode, uid, gid, inode, modifiedMs, changedMs} = stat;
  const bare = {
    path,
    text: null,
    encoding: 'utf8',
    target: null,
    sha256: null,
    mode,
    uid,
    gid,
    stamp: {inode, modifiedMs, changedMs},
  } as const;
  if (stat.type === 'symlink') return {...bare, state: 'symlink', target: source.link(path)};
  if (stat.type !== 'file') return {...bare, state: stat.type};
  const bytes = source.bytes(path);
  if (bytes === null) return {...bare, state: 'denied'};
  return {...bare, state: 'file', ...decodeText(bytes), sha256: createHash('sha256').update(bytes).digest('hex')};
};

const decodeText = (bytes: Buffer): Pick<FileFacts, 'text' | 'encoding'> => {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes)
    ? {text, encoding: 'utf8'}
    : {text: bytes.toString('latin1'), encoding: 'latin1'};
};

/** A mount unit has to be named after its path. */
const ourUnits = 'vfio-pilot* dev-hugepages2M.mount dev-hugepages1G.mount';

/** Everything that is written apart from boot chains and images. */
export const hostFiles: FileTable = [
  keeps('/etc/modprobe.d', '*.conf'),
  looksAt('/etc/modprobe.d', '*'),
  keeps('/etc/modules-load.d', '*.conf'),
  looksAt('/etc/modules-load.d', '*'),
  keeps('/etc/systemd/system', ourUnits),
  keeps('/etc/systemd/system/*.wants', ourUnits),
  keeps('/etc/systemd/system/*.requires', ourUnits),
  looksAt('/etc/systemd/system', 'dev-hugepages*.mount *.wants/dev-hugepages*.mount'),
  ...deviceKinds.flatMap(({files}) => files),
  ...lookingGlassFiles,
  ...kvmfrFiles,
  ...seLinuxFiles,
  ...poolFiles,
  keeps('/etc/udev/rules.d', '*vfio-pilot*'),
  keeps('/etc/xensource', 'usb-policy.conf'),
  keeps('/etc/xen', '*.cfg'),
  keeps('/etc/xen/auto', '*'),
  keeps('/etc/pve/qemu-server', '*.conf'),
  keeps('/etc/pve/mapping', 'pci.cfg'),
  looksAt('/etc/pve', '.members', 'quorum'),
  looksAt('/etc/pve', 'storage.cfg', 'storages'),
  looksAt('/etc/pve/ha', 'resources.cfg'),
  looksAt('/etc/pve/nodes', '*'),
  // This node's guests are above, and in whole.
  looksAt('/etc/pve/nodes/*', 'qemu-server/*.conf lxc/*.conf', 'guest-names'),
  // Of the storage that every installation has; those of others are found in storage.cfg.
  keeps('/var/lib/vz/snippets', 'vfio-pilot-*.sh'),
  keeps('/etc/libvirt', 'qemu.conf'),
  keeps('/etc/libvirt/qemu', '*.xml'),
  keeps('/var/lib/libvirt/qemu', '*.xml', null),
];

/** A name with a pattern in it stands for files, any other name for whatever is there. */
const pathsOf = (
  source: Source,
  {directory, names}: FileTable[number],
  listed: Map<string, readonly string[]>,
): readonly string[] =>
  names.split(' ').flatMap((name) => {
    const paths = expandGlob(source, `${directory}/${name}`, listed);
    return /[*?]/.test(name) ? paths.filter((path) => isNoDirectory(source.stat(path))) : paths;
  });

const isNoDirectory = (stat: SourceStat | null): boolean => stat !== null && stat.type !== 'directory';

const denied = (path: string) =>
  ({
    code: 'host-needs-root',
    severity: 'note',
    subject: path,
    message: `${path} cannot be read by this user, so changes to it cannot be shown.`,
    remedy: 'Run the command with sudo.',
  }) as const;
