import {parsePropertyString} from './config.ts';
import {fullAddress} from './hostpci.ts';

/**
 * A `map` line of `/etc/pve/mapping/pci.cfg` (`PVE::Mapping::PCI`): a card of one node under a name of the cluster. Of
 * several lines for one node, Proxmox takes the first whose devices are free.
 */
export type PciMapping = {
  readonly name: string;
  /** `null` for a line without a node, which Proxmox finds on no node. */
  readonly node: string | null;
  /** Functions, or whole slots; all of them go to the guest. */
  readonly hosts: readonly string[];
  /** That Proxmox expects of the first device, `10de:1c81`; `null`: not said, and the guest does not start. */
  readonly id: string | null;
  /** Likewise; only a device without one has none. */
  readonly subsystem: string | null;
  readonly iommuGroup: number | null;
};

export const parsePciMappings = (text: string): readonly PciMapping[] => {
  const mappings: PciMapping[] = [];
  let name: string | null = null;
  for (const raw of text.split('\n')) {
    if (/^\S/.test(raw) && !raw.startsWith('#')) name = raw.trim();
    const line = name === null ? undefined : /^\s+map\s+(.+)$/.exec(raw)?.[1];
    const properties = line === undefined ? null : parsePropertyString(line, null);
    if (name === null || properties === null) continue;
    const hosts = (properties.get('path') ?? '').split(';').map(fullAddress);
    if (!hosts.every((one) => one !== null)) continue;
    const group = properties.get('iommugroup') ?? '';
    mappings.push({
      name,
      node: properties.get('node') ?? null,
      hosts,
      id: properties.get('id')?.toLowerCase() ?? null,
      subsystem: properties.get('subsystem-id')?.toLowerCase() ?? null,
      iommuGroup: /^\d+$/.test(group) ? Number(group) : null,
    });
  }
  return mappings;
};
