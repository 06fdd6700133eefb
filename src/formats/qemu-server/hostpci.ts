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
  /** `keep`: Proxmox binds nothing at the guest's start, and resets nothing. */
  readonly keepsDriver: boolean;
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
    keepsDriver: properties.get('driver') === 'keep',
  };
};

/** The values that Proxmox takes for true (`PVE::JSONSchema::parse_boolean`). */
const isOn = (value: string | undefined): boolean => value !== undefined && /^(?:1|on|yes|true)$/i.test(value);

/** With the domain; `null` for what is no address. */
export const fullAddress = (text: string): string | null => {
  const [, domain = '0000', rest] = /^(?:([0-9a-f]{4,}):)?([0-9a-f]{2}:[01][0-9a-f](?:\.[0-7])?)$/.exec(text) ?? [];
  return rest === undefined ? null : `${domain}:${rest}`;
};

/** Whether a line's address covers this function: without a function it means all of the slot. */
export const coversFunction = (host: string, address: string): boolean =>
  host === address || (!host.includes('.') && address.startsWith(`${host}.`));
