import {parsePropertyString} from './config.ts';

/** What a `hostpciN` line gives to a guest of Proxmox VE (`PVE::QemuServer::PCI`). */
export type HostPci = {
  /** Devices by address, `0000:01:00.1`, or `0000:01:00` for every function; empty where `mapping` names them. */
  readonly hosts: readonly string[];
  /** A name of `/etc/pve/mapping/pci.cfg`. */
  readonly mapping: string | null;
  readonly pcie: boolean;
  readonly xVga: boolean;
  readonly mdev: string | null;
};

/** `null` where Proxmox would refuse the line. An address without a domain is in domain 0000. */
export const parseHostPci = (value: string): HostPci | null => {
  const properties = parsePropertyString(value, 'host');
  if (properties === null) return null;
  const host = properties.get('host') ?? '';
  const mapping = properties.get('mapping') ?? null;
  if ((host === '') === (mapping === null)) return null;
  const hosts = host === '' ? [] : host.split(';').map(fullAddress);
  if (!hosts.every((one) => one !== null)) return null;
  return {
    hosts,
    mapping,
    pcie: isOn(properties.get('pcie')),
    xVga: isOn(properties.get('x-vga')),
    mdev: properties.get('mdev') ?? null,
  };
};

/** The values that Proxmox takes for true (`PVE::JSONSchema::parse_boolean`). */
const isOn = (value: string | undefined): boolean => value !== undefined && /^(?:1|on|yes|true)$/i.test(value);

const fullAddress = (text: string): string | null => {
  const [, domain = '0000', rest] = /^(?:([0-9a-f]{4,}):)?([0-9a-f]{2}:[01][0-9a-f](?:\.[0-7])?)$/.exec(text) ?? [];
  return rest === undefined ? null : `${domain}:${rest}`;
};

/** Whether a line's address covers this function: without a function it means all of the slot. */
export const coversFunction = (host: string, address: string): boolean =>
  host === address || (!host.includes('.') && address.startsWith(`${host}.`));

/** `/etc/pve/mapping/pci.cfg`: the paths of each mapping on each node. */
export type PciMapping = {readonly name: string; readonly node: string | null; readonly path: string};

export const parsePciMappings = (text: string): readonly PciMapping[] => {
  const mappings: PciMapping[] = [];
  let name: string | null = null;
  for (const raw of text.split('\n')) {
    if (/^\S/.test(raw)) name = raw.startsWith('#') ? name : raw.trim();
    const map = name === null ? undefined : /^\s+map\s+(.+)$/.exec(raw)?.[1];
    const properties = map === undefined ? null : parsePropertyString(map, null);
    const path = properties?.get('path');
    if (name === null || path === undefined) continue;
    for (const one of path.split(';')) {
      const address = fullAddress(one);
      if (address !== null) mappings.push({name, node: properties?.get('node') ?? null, path: address});
    }
  }
  return mappings;
};
