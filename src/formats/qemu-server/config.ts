/**
 * `/etc/pve/qemu-server/VMID.conf` of Proxmox VE, as `PVE::QemuServer::parse_vm_config` reads it: `key: value` lines,
 * comments with `#` (the guest's description), then sections: `[PENDING]` (what waits for the guest's next start),
 * `[special:NAME]`, and one for each snapshot. The first section has no header and holds the guest's present settings.
 */
export type GuestConfig = {
  readonly current: readonly ConfigLine[];
  /** Set at the next start; `delete: a,b` names keys that go away then. Empty without a `[PENDING]` section. */
  readonly pending: readonly ConfigLine[];
  readonly snapshots: Readonly<Record<string, readonly ConfigLine[]>>;
  /** Lines that are neither of these. Proxmox warns of them and goes on. */
  readonly strange: readonly number[];
};

/** `line` counts from 1. */
export type ConfigLine = {readonly key: string; readonly value: string; readonly line: number};

/** Without a blank in front, and never without a value. */
const lineForm = /^([a-z][a-z_-]*\d*):\s*(.+?)\s*$/;

/** `PENDING` in any case; `null` for a section that Proxmox skips, `undefined` for a line that is no header. */
const sectionOf = (raw: string): string | null | undefined => {
  const name = /^\[([^\]]*)\]\s*$/.exec(raw)?.[1];
  if (name === undefined) return undefined;
  if (/^pending$/i.test(name)) return pendingSection;
  return /^(?:special:(?:cloudinit|fleecing)|[a-z][a-z0-9_-]+)$/i.test(name) ? name : null;
};

const pendingSection = 'PENDING';

export const parseGuestConfig = (text: string): GuestConfig => {
  const sections = new Map<string, ConfigLine[]>([['', []]]);
  const strange: number[] = [];
  let section: string | null = '';
  text.split('\n').forEach((raw, index) => {
    const header = sectionOf(raw);
    if (/^\s*$/.test(raw) || (raw.startsWith('#') && section !== null)) return;
    const [, key, value] = lineForm.exec(raw) ?? [];
    if (header !== undefined) {
      section = header;
      if (section === null) strange.push(index + 1);
      else if (!sections.has(section)) sections.set(section, []);
    } else if (section === null) {
      strange.push(index + 1);
    } else if (key !== undefined && value !== undefined) {
      sections.get(section)?.push({key, value, line: index + 1});
    } else strange.push(index + 1);
  });
  return {
    current: sections.get('') ?? [],
    pending: sections.get(pendingSection) ?? [],
    snapshots: Object.fromEntries(
      [...sections].filter(([name]) => name !== '' && name !== pendingSection && !name.startsWith('special:')),
    ),
    strange,
  };
};

/** The value that counts: Proxmox takes the last of several lines with one key. */
export const valueOf = (lines: readonly ConfigLine[], key: string): string | null =>
  lines.findLast((line) => line.key === key)?.value ?? null;

/** The guest as its next start will see it: pending values over the current ones. */
export const nextStartOf = ({current, pending}: GuestConfig): readonly ConfigLine[] => {
  const deleted = new Set(
    (valueOf(pending, 'delete') ?? '')
      .split(/[\s,;]+/)
      .map((key) => key.replace(/^!/, ''))
      .filter((key) => key !== ''),
  );
  const set = pending.filter(({key}) => key !== 'delete');
  const replaced = new Set(set.map(({key}) => key));
  return [...current.filter(({key}) => !deleted.has(key) && !replaced.has(key)), ...set];
};

/**
 * A property string, `0000:01:00,pcie=1,x-vga=1`: values by name. `defaultKey` names the one that may come without a
 * name (`host` of hostpci, `cputype` of cpu). `null` where a part has no name and no default is left, or a name comes twice.
 */
export const parsePropertyString = (value: string, defaultKey: string | null): ReadonlyMap<string, string> | null => {
  const properties = new Map<string, string>();
  for (const part of value.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const [, name = defaultKey, content = ''] = /^(?:([a-z][a-z0-9_-]*)=)?(.*)$/i.exec(part) ?? [];
    if (name === null || properties.has(name)) return null;
    properties.set(name, content);
  }
  return properties;
};
