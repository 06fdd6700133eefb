/** What `xe CLASS-list params=all` prints of one object, by field; maps are texts still. */
export type XapiRecord = Readonly<Record<string, string>>;

/** Fields that are read; of a map the keys. `all`: the whole value. */
export const xapiFields: Readonly<Record<string, 'all' | readonly string[]>> = {
  uuid: 'all',
  'name-label': 'all',
  'is-a-template': 'all',
  'is-a-snapshot': 'all',
  'is-control-domain': 'all',
  'power-state': 'all',
  'domain-type': 'all',
  'VCPUs-max': 'all',
  'VCPUs-params': 'all',
  'memory-static-max': 'all',
  'ha-restart-priority': 'all',
  'resident-on': 'all',
  affinity: 'all',
  'dom-id': 'all',
  platform: ['device-model', 'vgpu_pci_id', 'mmio_size_mib', 'viridian'],
  'other-config': ['pci', 'auto_poweron'],
  'guest-VCPUs-params': 'all',
  'numa-affinity-policy': 'all',
  'software-version': ['product_brand', 'product_version'],
  'pci-uuid': 'all',
  'vendor-name': 'all',
  'device-name': 'all',
  'dom0-access': 'all',
  'supported-VGPU-types': 'all',
  // Of USB devices neither the serial number nor the description, which has it too.
  path: 'all',
  'vendor-id': 'all',
  'product-id': 'all',
  'host-uuid': 'all',
  'vm-uuid': 'all',
  'usb-group-uuid': 'all',
  'passthrough-enabled': 'all',
  'currently-attached': 'all',
  'PUSB-uuids': 'all',
  'VUSB-uuids': 'all',
};

/** `name-label ( RW): win11`: RO or RW, with S before it for a set and M for a map. */
const fieldLine = /^\s*([\w-]+) \(([ SM])R[OW]\)\s*: ?(.*)$/;

/** Records have an empty line between them, and each begins with its `uuid`. A value of several lines keeps its first one. */
export const parseRecords = (text: string): readonly XapiRecord[] => {
  const records: Record<string, string>[] = [];
  for (const line of text.split('\n')) {
    const [, name, , value] = fieldLine.exec(line.replace(/\r+$/, '')) ?? [];
    if (name === undefined || value === undefined) continue;
    if (name === 'uuid') records.push({});
    const record = records.at(-1);
    // A later line of a text may look like a field: the first one counts.
    if (record !== undefined && !Object.hasOwn(record, name)) record[name] = value.trimEnd();
  }
  return records;
};

export const renderRecords = (records: readonly XapiRecord[]): string =>
  records
    .map((record) =>
      Object.entries(record)
        .map(([name, value]) => `${name} ( RO): ${value}\n`)
        .join(''),
    )
    .join('\n\n');

/** `pci: 0/0000:04:00.0; auto_poweron: true`. A value may hold `;`, but no blank after it. */
export const parseXapiMap = (value: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    value.split('; ').flatMap((part) => {
      const at = part.indexOf(': ');
      return at === -1 ? [] : [[part.slice(0, at).trim(), part.slice(at + 2).trim()]];
    }),
  );
