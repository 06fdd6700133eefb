import {findStanza} from '../host/packages.ts';
import type {CaptureKind} from './capture-table.ts';
import type {Scrubber} from './scrub-names.ts';

/** Content of a captured file without what names the machine. latin1 keeps every byte that is no text. */
export const scrubContent = (bytes: Buffer, path: string, kind: CaptureKind, scrubber: Scrubber): Buffer => {
  if (kind === 'verbatim' || kind === 'presence') return bytes;
  if (kind === 'config-space') return withoutSerialNumber(bytes);
  const text = filters[kind](bytes.toString('latin1'));
  return Buffer.from(mayNameHost(path) ? scrubber.names(text) : scrubber.values(text), 'latin1');
};

type TextKind = Exclude<CaptureKind, 'verbatim' | 'presence' | 'config-space'>;

const filters: Readonly<Record<TextKind, (text: string) => string>> = {
  scrubbed: (text) => text,
  udev: (text) => keepLines(text, /^E:ID_(?:FS_(?:TYPE|UUID|LABEL)|PART_ENTRY_(?:UUID|TYPE|NAME))=/),
  dpkg: (text) => packages.map((name) => findStanza(text, name)).filter((stanza) => stanza !== null).map(shortStanza).join('\n'),
  mounts: (text) => text.split('\n').filter((line) => !isForeignMount(line)).join('\n'),
  'ipv6-routes': (text) => text.replaceAll(/\b[0-9a-f]{32}\b/gi, hideIpv6),
};

const packages = ['booster', 'dracut', 'initramfs-tools', 'libvirt-daemon', 'libvirt-daemon-system', 'libvirt0', 'mkinitcpio', 'pve-qemu-kvm', 'qemu-system-x86', 'systemd'];

const keepLines = (text: string, pattern: RegExp): string => text.split('\n').filter((line) => pattern.test(line)).map((line) => `${line}\n`).join('');

const shortStanza = (stanza: string): string => keepLines(stanza, /^(?:Package|Status|Version): /);

/** Shares and user mounts tell of other machines and people; only what `/` itself lies on is asked for. */
const isForeignMount = (line: string): boolean => {
  const isRoot = / \/ /.test(line);
  return !isRoot && /(?:\s|- )(?:nfs4?|cifs|smb3|fuse\S*|9p|virtiofs|ceph|glusterfs) /.test(line);
};

/** Addresses may hold the MAC; their kind (none, link-local, multicast) is what routes are told by. */
const hideIpv6 = (address: string): string => (/^0+$/.test(address) ? address : address.slice(0, 4).padEnd(32, '0'));

/** A host called `sound` must not rename modules: its name is only looked for where people put it. */
const mayNameHost = (path: string): boolean =>
  path.startsWith('/etc/') || path.startsWith('/run/') || path.includes('/loader/entries/') || path.endsWith('/dm/name') || /^\/proc\/(?:cmdline|mounts|swaps|self\/mountinfo)$/.test(path);

const extendedStart = 0x100;
const serialNumberCapability = 0x0003;

/** PCIe: the Device Serial Number capability often holds a network card's MAC. */
const withoutSerialNumber = (bytes: Buffer): Buffer => {
  const scrubbed = Buffer.from(bytes);
  const seen = new Set<number>();
  for (let offset = extendedStart; offset >= extendedStart && offset + 12 <= scrubbed.length && !seen.has(offset); ) {
    seen.add(offset);
    const header = scrubbed.readUInt32LE(offset);
    if ((header & 0xffff) === serialNumberCapability) scrubbed.fill(0, offset + 4, offset + 12);
    offset = header >>> 20;
  }
  return scrubbed;
};
