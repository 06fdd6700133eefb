import {parseXenMenu, renderXenMenu} from '../formats/boot-entry/xen-menu.ts';
import {parseRecords, parseXapiMap, renderRecords, xapiFields} from '../formats/xapi/records.ts';
import {findStanza} from '../host/kernel/packages.ts';
import {hideNames, hideNamesInList, hideNamesInModuleEnd} from './certificate-names.ts';
import type {CaptureKind} from '../facts/file-table.ts';

/** Replaces what names a person's machine by made-up values, the same value by the same one everywhere. */
export type Scrubber = {
  /** Text without host name: sysfs values, firmware descriptors. */
  readonly values: (text: string) => string;
  /** Paths, link targets and files that people write, where the host name may stand as well. */
  readonly names: (text: string) => string;
  /** Text that a person publishes: the same, and no address of a network, which a report may name. */
  readonly published: (text: string) => string;
};

/** Words that a host may be called and that also mean something else in these files. */
const commonWords = new Set(
  'arch archlinux boot cachyos data debian default desktop dev disk efi fedora gentoo grub home host intel kvm laptop libvirt linux localhost manjaro mapper mint nixos none nvidia nvme opensuse pool proxmox pve qemu root rpool server swap system tank ubuntu var vfio vg win10 win11 windows workstation'.split(
    ' ',
  ),
);

/** EFI vendors and GPT partition types are the same on every machine, and readers look for them. */
const publicUuids = new Set([
  '00000000-0000-0000-0000-000000000000',
  '8be4df61-93ca-11d2-aa0d-00e098032b8c',
  '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f',
  '605dab50-e046-4300-abb6-3dd810dd8b23',
  'c12a7328-f81f-11d2-ba4b-00c04fc93ec9',
  '0fc63daf-8483-4772-8e79-3d69d8477de4',
  'e6d6d379-f507-44c2-a23c-238f2a3df928',
  'ca7d7ccb-63ed-4c53-861c-1742536059cc',
  '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f',
  '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
  'bc13c2ff-59e6-4262-a352-b275fd6f7172',
  '6a898cc3-1dd2-11b2-99a6-080020736631',
]);

export const makeScrubber = (hostName: string | null): Scrubber => {
  const known = new Map<string, string>();
  const made = new Set<string>();
  // A text passes several patterns: what one of them made is not replaced again by the next.
  const fake = (original: string): string => {
    const key = original.toLowerCase();
    if (made.has(key)) return original;
    const replacement = known.get(key) ?? sameShape(key, known.size + 1);
    known.set(key, replacement);
    made.add(replacement);
    return replacement;
  };
  const values = (text: string): string => scrubPasswords(scrubIdentifiers(text, fake));
  const pattern = hostPattern(hostName);
  const names = (text: string): string => (pattern === null ? values(text) : values(text).replaceAll(pattern, 'host'));
  return {values, names, published: (text) => hideNetworkAddresses(names(text))};
};

/** To addresses that are for documentation (RFC 5737, RFC 3849). A PCI address has neither four dots nor two colons in a row. */
const hideNetworkAddresses = (text: string): string =>
  text
    .replaceAll(/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])/g, '192.0.2.0')
    .replaceAll(
      /(?<![\w:])(?:(?:[\da-f]{1,4}:){7}[\da-f]{1,4}|(?:[\da-f]{1,4}:){1,6}:(?:[\da-f]{1,4}(?::[\da-f]{1,4})*)?)(?![\w:])/gi,
      '2001:db8::',
    );

const scrubIdentifiers = (text: string, fake: (original: string) => string): string =>
  text
    .replaceAll(/(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f-])/gi, (uuid) =>
      publicUuids.has(uuid.toLowerCase()) ? uuid : fake(uuid),
    )
    .replaceAll(
      /((?:\bUUID=|\bPARTUUID=|\bID_FS_UUID(?:_ENC)?=|\bID_PART_ENTRY_UUID=|\/by-(?:part)?uuid\/)["']?)([0-9a-z][0-9a-z-]{3,40})(?![\w-])/gi,
      (_, key: string, id: string) => key + (publicUuids.has(id.toLowerCase()) ? id : fake(id)),
    )
    .replaceAll(/(?<![0-9a-f:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9a-f:])/gi, (mac) => fake(mac))
    .replaceAll(/(?<=\benx)[0-9a-f]{12}\b/gi, (mac) => fakeOfColons(mac, fake))
    .replaceAll(/(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/gi, (id) => fake(id))
    .replaceAll(/\bLVM-\w{64}/g, `LVM-${'0'.repeat(64)}`)
    .replaceAll(
      /(\/by-id\/)([^\s"'<>,]+?)(-part\d+|-event-\w+|-mouse|-kbd)?(?=[\s"'<>,]|$)/g,
      (_, start: string, id: string, end: string | undefined) =>
        `${start}${isMadeId(id) ? id : `device-${fake(id)}`}${end ?? ''}`,
    )
    .replaceAll(/(<serial>|<entry name=['"](?:serial|asset)['"]>|^U: Uniq=|^Serial\s*:\s*)([^<\n]+)/gm, '$1scrubbed');

const isMadeId = (id: string): boolean => id.startsWith('device-');

/** An interface name has the address without colons; both become the same one. */
const fakeOfColons = (mac: string, fake: (original: string) => string): string =>
  fake((mac.match(/../g) ?? []).join(':')).replaceAll(':', '');

/** Digits and letters become a number with leading zeros; signs stay where they are. */
const sameShape = (original: string, number: number): string => {
  const width = original.replaceAll(/[^0-9a-z]/g, '').length;
  const digits = number.toString(16).padStart(width, '0').slice(-width);
  let next = 0;
  return original.replaceAll(/[0-9a-z]/g, () => {
    next += 1;
    return digits.charAt(next - 1);
  });
};

const scrubPasswords = (text: string): string =>
  text
    .replaceAll(
      /(\b(?:\w*(?:password|passwd|passphrase)|pass)\s*=\s*)("[^"\n]*"|'[^'\n]*'|[^\s,'"]+)/gi,
      (_, key: string, value: string) =>
        key + (/^["']/.exec(value)?.[0] ?? '') + 'scrubbed' + (/^["']/.exec(value)?.[0] ?? ''),
    )
    .replaceAll(/grub\.pbkdf2\.[\w.]+/g, 'grub.pbkdf2.scrubbed');

const hostPattern = (hostName: string | null): RegExp | null => {
  const short = hostName?.trim().split('.')[0]?.toLowerCase() ?? '';
  if (short.length < 3 || commonWords.has(short) || !/^[\w-]+$/.test(short)) return null;
  // The mapper doubles dashes: host my-pc has the volume my--pc-root.
  const doubled = short.replaceAll('-', '--');
  return new RegExp(`(?<![a-z0-9])(?:${doubled}|${short})(?![a-z0-9])`, 'gi');
};

/** Content of a captured file without what names the machine. latin1 keeps every byte that is no text. */
export const scrubContent = (bytes: Buffer, path: string, kind: CaptureKind, scrubber: Scrubber): Buffer => {
  if (kind === 'verbatim' || kind === 'presence') return bytes;
  if (kind === 'config-space') return withoutSerialNumber(bytes);
  if (kind === 'xapi') return Buffer.from(knownFields(bytes.toString('latin1')), 'latin1');
  if (kind === 'xapi-inventory') return Buffer.from(keepLines(bytes.toString('latin1'), inventoryLine), 'latin1');
  if (kind === 'certificate') return hideNames(bytes);
  if (kind === 'certificate-list') return hideNamesInList(bytes, path.includes('/efivars/'));
  if (kind === 'module-end') return hideNamesInModuleEnd(bytes);
  const text = filters[kind](bytes.toString('latin1'));
  return Buffer.from(mayNameHost(path) ? scrubber.names(text) : scrubber.values(text), 'latin1');
};

type TextKind = Exclude<
  CaptureKind,
  | 'verbatim'
  | 'presence'
  | 'config-space'
  | 'xapi'
  | 'xapi-inventory'
  | 'certificate'
  | 'certificate-list'
  | 'module-end'
>;

const filters: Readonly<Record<TextKind, (text: string) => string>> = {
  scrubbed: (text) => text,
  udev: (text) => keepLines(text, /^E:ID_(?:FS_(?:TYPE|UUID|LABEL)|PART_ENTRY_(?:UUID|TYPE|NAME))=/),
  dpkg: (text) =>
    packages
      .map((name) => findStanza(text, name))
      .filter((stanza) => stanza !== null)
      .map(shortStanza)
      .join('\n'),
  mounts: (text) =>
    text
      .split('\n')
      .filter((line) => !isForeignMount(line))
      .join('\n'),
  'guest-names': (text) => keepLines(text, /^(?:name|hostname): /),
  // What Xen and the kernel above it are started with; nothing where GRUB starts Linux alone.
  'xen-menu': (text) => renderXenMenu(parseXenMenu(text)),
  // Servers, users and pools are nobody else's business.
  storages: (text) => keepLines(text, /^[a-z][a-z0-9_-]*: |^\s+(?:path|content|content-dirs|nodes|shared|disable)\b/i),
  quorum: (text) => {
    const quorate = /"quorate"\s*:\s*([01])/.exec(text)?.[1];
    return quorate === undefined ? '{}\n' : `{"cluster":{"quorate":${quorate}}}\n`;
  },
  dkms: (text) => keepLines(text, /^\s*mok_certificate=/),
  'ipv6-routes': (text) => text.replaceAll(/\b[0-9a-f]{32}\b/gi, hideIpv6),
};

const packages = [
  'booster',
  'dracut',
  'initramfs-tools',
  'libvirt-daemon',
  'libvirt-daemon-system',
  'libvirt0',
  'mkinitcpio',
  'pve-manager',
  'pve-qemu-kvm',
  'qemu-server',
  'qemu-system-x86',
  'systemd',
];

/** The UUID is the host’s in XAPI's records, and stays as those do. */
const inventoryLine = /^(?:PRODUCT_\w+|PLATFORM_\w+|BUILD_NUMBER|INSTALLATION_UUID)=/;

const keepLines = (text: string, pattern: RegExp): string =>
  text
    .split('\n')
    .filter((line) => pattern.test(line))
    .map((line) => `${line}\n`)
    .join('');

const shortStanza = (stanza: string): string => keepLines(stanza, /^(?:Package|Status|Version): /);

/**
 * Of XAPI's records the fields that are read, each map cut down to the keys that are. Their UUIDs stay: XAPI made them
 * at random, and a command names a VM by nothing else.
 */
const knownFields = (text: string): string =>
  renderRecords(
    parseRecords(text).map((record) =>
      Object.fromEntries(
        Object.entries(record).flatMap(([field, value]): readonly (readonly [string, string])[] => {
          const keys = xapiFields[field];
          return keys === undefined ? [] : [[field, keys === 'all' ? value : keepKeys(value, keys)]];
        }),
      ),
    ),
  );

const keepKeys = (value: string, keys: readonly string[]): string =>
  Object.entries(parseXapiMap(value))
    .filter(([key]) => keys.includes(key))
    .map(([key, one]) => `${key}: ${one}`)
    .join('; ');

/** Shares and user mounts tell of other machines and people; only what `/` itself lies on is asked for. */
const isForeignMount = (line: string): boolean => {
  const isRoot = / \/ /.test(line);
  return !isRoot && /(?:\s|- )(?:nfs4?|cifs|smb3|fuse\S*|9p|virtiofs|ceph|glusterfs) /.test(line);
};

/** Addresses may hold the MAC; their kind (none, link-local, multicast) is what tells routes apart. */
const hideIpv6 = (address: string): string => (/^0+$/.test(address) ? address : address.slice(0, 4).padEnd(32, '0'));

/** A host called `sound` must not rename modules: its name is only looked for where people put it. */
const mayNameHost = (path: string): boolean =>
  path.startsWith('/etc/') ||
  path.startsWith('/run/') ||
  path.includes('/loader/entries/') ||
  path.endsWith('/dm/name') ||
  /^\/proc\/(?:cmdline|mounts|swaps|self\/mountinfo)$/.test(path);

const extendedStart = 0x100;
const serialNumberCapability = 0x0003;

/** PCIe: the Device Serial Number capability often holds a network card's MAC. */
const withoutSerialNumber = (bytes: Buffer): Buffer => {
  const scrubbed = Buffer.from(bytes);
  const seen = new Set<number>();
  for (let offset = extendedStart; offset >= extendedStart && offset + 12 <= scrubbed.length && !seen.has(offset);) {
    seen.add(offset);
    const header = scrubbed.readUInt32LE(offset);
    if ((header & 0xffff) === serialNumberCapability) scrubbed.fill(0, offset + 4, offset + 12);
    offset = header >>> 20;
  }
  return scrubbed;
};
