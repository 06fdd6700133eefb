/**
 * A strict reader of lines of a guest's configuration, written by hand from what Proxmox VE's sources accept and refuse
 * (PVE::JSONSchema, PVE::QemuServer, ::PCI, ::Memory, ::CPUConfig of qemu-server 8). **It is not Proxmox's own**: it
 * knows the keys that vfio-pilot writes and no others, and is as strict as the sources or stricter.
 */
export type Conf = ReadonlyMap<string, string>;

/** What Proxmox would say against this line; `null`: nothing. */
export const problemOfLine = (key: string, value: string): string | null => {
  const rule = rules.find(({keys}) => keys.test(key));
  if (rule === undefined) return `unknown key ${key}`;
  return rule.accepts(value) ? null : `${key}: ${value}`;
};

/** What ends the guest's start although each line is good (the die texts of `config_to_command`). */
export const problemsAtStart = (conf: Conf, hostNodes: number): readonly string[] => {
  const problems: string[] = [];
  const cells = [...conf].filter(([key]) => /^numa[0-7]$/.test(key)).map(([, value]) => propertiesOf(value, null));
  const memory = Number(conf.get('memory') ?? 512);
  const vcpus = Number(conf.get('sockets') ?? 1) * Number(conf.get('cores') ?? 1);
  if (conf.has('hugepages') && conf.get('numa') !== '1') problems.push('numa needs to be enabled to use hugepages');
  if (conf.get('numa') === '1' && cells.length > 0) {
    const sum = cells.reduce((total, cell) => total + Number(cell.get('memory') ?? 0), 0);
    if (sum !== memory) problems.push('total memory for NUMA nodes must be equal to vm static memory');
    for (const cell of cells) {
      const nodes = cell.get('hostnodes');
      if (nodes !== undefined && !cell.has('policy')) problems.push('you need to define a policy for hostnode');
      if (conf.has('hugepages') && !/^\d$/.test(nodes ?? '')) problems.push('more than 1 hostnode value in numa node');
      if (numbersOf(nodes ?? '').some((node) => node >= hostNodes))
        problems.push(`host NUMA node${nodes} doesn't exist`);
    }
    const covered = cells.flatMap((cell) => numbersOf(cell.get('cpus') ?? '')).sort((a, b) => a - b);
    if (covered.join() !== Array.from({length: vcpus}, (_, index) => index).join())
      problems.push('QEMU: the CPUs of the nodes are not those of the guest');
  }
  if (conf.has('hugepages') && memory % Number(conf.get('hugepages')) !== 0)
    problems.push('memory size is no multiple');
  if (/memory/.test(conf.get('hotplug') ?? '') && cells.length > 0)
    problems.push('cannot enable memory hotplugging with custom NUMA topology');
  for (const [key, value] of conf)
    if (/^hostpci\d+$/.test(key) && /pcie=1/.test(value) && !(conf.get('machine') ?? '').includes('q35'))
      problems.push('q35 machine model is not enabled');
  if (conf.get('bios') === 'ovmf' && !conf.has('efidisk0'))
    problems.push('no efidisk: variables are lost at each start');
  const hosts = [...conf]
    // Of a mediated device the parent may be named again (choose_hostpci_devices).
    .filter(([key, value]) => /^hostpci\d+$/.test(key) && !propertiesOf(value, 'host').has('mdev'))
    .flatMap(([, value]) => (propertiesOf(value, 'host').get('host') ?? '').split(';'))
    .filter((host) => host !== '');
  if (
    hosts.some((host, at) => hosts.some((other, to) => at !== to && (other === host || other.startsWith(`${host}.`))))
  )
    problems.push('a PCI device is assigned twice');
  return problems;
};

const propertiesOf = (value: string, first: string | null): ReadonlyMap<string, string> =>
  new Map(
    value.split(',').map((part, index) => {
      const at = part.indexOf('=');
      return at === -1 && index === 0 && first !== null ? [first, part] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );

const numbersOf = (ranges: string): readonly number[] =>
  ranges
    .split(';')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({length: last - first + 1}, (_, index) => first + index);
    });

type Rule = {readonly keys: RegExp; readonly accepts: (value: string) => boolean};

/** Every property known, each once, each of its form; those in `needed` there. */
const properties =
  (first: string | null, forms: Readonly<Record<string, RegExp>>, needed: readonly string[] = []) =>
  (value: string): boolean => {
    const parts = value.split(',');
    const found = propertiesOf(value, first);
    return (
      found.size === parts.length &&
      needed.every((name) => found.has(name)) &&
      [...found].every(([name, text]) => Object.hasOwn(forms, name) && forms[name]?.test(text) === true)
    );
  };

const isOf =
  (form: RegExp) =>
  (value: string): boolean =>
    form.test(value);

/** PVE::JSONSchema, parse_boolean. */
const flag = /^(?:[01]|on|off|yes|no|true|false)$/i;
const address = '(?:[0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}(?:\\.[0-7])?';
const volume = /^(?:[a-z][a-z0-9._-]*[a-z0-9]:(?:\d+|[\w/.-]+)|none|\/[^,]+)$/i;
const disk = {size: /^\d+[KMGT]$/, iothread: flag, media: /^(?:cdrom|disk)$/};
const hostPci = properties('host', {
  host: new RegExp(`^${address}(?:;${address})*$`),
  mapping: /^[a-zA-Z][\w-]+$/,
  pcie: flag,
  'x-vga': flag,
  rombar: flag,
  romfile: /^[^,/;]{1,255}$/,
  driver: /^(?:vfio|keep)$/,
  mdev: /^[^/.:]+$/,
});

const rules: readonly Rule[] = [
  {
    keys: /^hostpci(?:\d|1[0-5])$/,
    // Exactly one of the two.
    accepts: (value) => hostPci(value) && /(?:^|,)mapping=/.test(value) !== propertiesOf(value, 'host').has('host'),
  },
  {
    keys: /^numa[0-7]$/,
    accepts: properties(
      null,
      {
        cpus: /^\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*$/,
        memory: /^\d+$/,
        hostnodes: /^\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*$/,
        policy: /^(?:preferred|bind|interleave)$/,
      },
      ['cpus'],
    ),
  },
  {
    keys: /^cpu$/,
    accepts: properties(
      'cputype',
      {
        cputype: /^(?:host|x86-64-v2-AES|kvm64)$/,
        hidden: flag,
        'hv-vendor-id': /^[a-zA-Z0-9]{1,12}$/,
        flags: /^[+-](?:aes|pcid|spec-ctrl)(?:;[+-](?:aes|pcid|spec-ctrl))*$/,
        'phys-bits': /^(?:host|\d+)$/,
      },
      ['cputype'],
    ),
  },
  {
    keys: /^usb[0-4]$/,
    accepts: properties('host', {host: /^(?:[0-9a-f]{4}:[0-9a-f]{4}|\d+-\d+(?:\.\d+)*|spice)$/i, usb3: flag}),
  },
  {keys: /^hugepages$/, accepts: isOf(/^(?:any|2|1024)$/)},
  {keys: /^(?:numa|keephugepages|onboot|template)$/, accepts: isOf(flag)},
  {keys: /^hookscript$/, accepts: isOf(/^[a-z][a-z0-9._-]*:snippets\/[\w.-]+$/i)},
  {keys: /^affinity$/, accepts: isOf(/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/)},
  {keys: /^memory$/, accepts: isOf(/^(?:current=)?\d+$/)},
  {keys: /^(?:balloon|cores|sockets|vcpus)$/, accepts: isOf(/^\d+$/)},
  {keys: /^machine$/, accepts: isOf(/^(?:q35|pc-q35-\d+\.\d+|pc|pc-i440fx-\d+\.\d+)$/)},
  {keys: /^bios$/, accepts: isOf(/^(?:seabios|ovmf)$/)},
  {keys: /^ostype$/, accepts: isOf(/^(?:other|l24|l26|win1[01]|win[78])$/)},
  {keys: /^name$/, accepts: isOf(/^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/)},
  {keys: /^scsihw$/, accepts: isOf(/^virtio-scsi-(?:single|pci)$/)},
  {keys: /^net\d+$/, accepts: isOf(/^virtio(?:=(?:[0-9A-F]{2}:){5}[0-9A-F]{2})?,bridge=vmbr\d+$/)},
  {
    keys: /^efidisk0$/,
    accepts: properties('file', {file: volume, ...disk, efitype: /^(?:2m|4m)$/, 'pre-enrolled-keys': flag}, ['file']),
  },
  {keys: /^tpmstate0$/, accepts: properties('file', {file: volume, ...disk, version: /^v(?:1\.2|2\.0)$/}, ['file'])},
  {keys: /^(?:scsi|ide|sata|virtio)\d+$/, accepts: properties('file', {file: volume, ...disk}, ['file'])},
  {keys: /^(?:agent|boot|meta|smbios1|vmgenid|hotplug|lock|parent|snaptime|vga)$/, accepts: () => true},
];
