import type {XapiFacts, XapiPusb, XapiVm, XapiVusb} from '../../facts/virtualisation.ts';
import {parseRecords, parseXapiMap, type XapiRecord} from '../../formats/xapi/records.ts';
import type {Source} from '../../system/source.ts';

const hideQuestion = ['xen-cmdline', '--get-dom0', 'xen-pciback.hide'] as const;
const interruptsQuestion = ['xen-cmdline', '--get-xen', 'extra_guest_irqs'] as const;
const vmQuestion = ['xe', 'vm-list', 'params=all'] as const;
const hostQuestion = ['xe', 'host-list', 'params=all'] as const;
const pusbQuestion = ['xe', 'pusb-list', 'params=all'] as const;
const vusbQuestion = ['xe', 'vusb-list', 'params=all'] as const;

/** What is asked of the programs of XCP-ng, which only read; a capture keeps what they say. */
export const xapiQuestions: readonly (readonly [program: string, ...args: string[]])[] = [
  hideQuestion,
  interruptsQuestion,
  vmQuestion,
  hostQuestion,
  pusbQuestion,
  // For the person who looks into a capture: a PUSB and a VUSB name their group themselves.
  ['xe', 'usb-group-list', 'params=all'],
  vusbQuestion,
];

const ask = (source: Source, [program, ...args]: readonly [string, ...string[]]): string | null =>
  source.run(program, args);

/** XCP-ng and XenServer, by the inventory of their installer, whose lines are KEY='value' (host-installer: backend.py). */
export const readXapi = (source: Source): XapiFacts | null => {
  const inventory = source.text('/etc/xensource-inventory');
  if (inventory === null) return null;
  const valueOf = (key: string): string | null => new RegExp(`^${key}='([^']*)'$`, 'm').exec(inventory)?.[1] ?? null;
  const [vms, hosts, pusbs, vusbs] = [vmQuestion, hostQuestion, pusbQuestion, vusbQuestion].map((question) => {
    const text = ask(source, question);
    return text === null ? null : parseRecords(text);
  });
  // The installer gives the host the UUID that it writes there.
  const host = valueOf('INSTALLATION_UUID');
  return {
    product: valueOf('PRODUCT_BRAND') ?? 'XenServer',
    version: valueOf('PRODUCT_VERSION'),
    hide: wordsOf(ask(source, hideQuestion)),
    extraInterrupts: wordsOf(ask(source, interruptsQuestion)),
    hosts: hosts?.length ?? null,
    host,
    vms: vms?.filter(isVm).map(vmOf) ?? null,
    pusbs: pusbs?.filter((record) => record['host-uuid'] === host).map(pusbOf) ?? null,
    vusbs: vusbs?.map(vusbOf) ?? null,
  };
};

/** Vendor and product have four digits, as in sysfs (xen-api: usb_scan.py). */
const pusbOf = (record: XapiRecord): XapiPusb => ({
  uuid: record['uuid'] ?? '',
  path: record['path'] ?? '',
  id: `${record['vendor-id'] ?? ''}:${record['product-id'] ?? ''}`.toLowerCase(),
  group: record['usb-group-uuid'] ?? '',
  isEnabled: record['passthrough-enabled'] === 'true',
});

const vusbOf = (record: XapiRecord): XapiVusb => ({
  uuid: record['uuid'] ?? '',
  vm: record['vm-uuid'] ?? '',
  group: record['usb-group-uuid'] ?? '',
});

/** It prints whole `KEY=VALUE` words, each on a line; an empty line for none. */
const wordsOf = (text: string | null): string | null => (text === null ? null : text.trim());

const isVm = (record: XapiRecord): boolean =>
  ['is-a-template', 'is-a-snapshot', 'is-control-domain'].every((field) => record[field] !== 'true');

const vmOf = (record: XapiRecord): XapiVm => {
  const other = parseXapiMap(record['other-config'] ?? '');
  const bytes = Number(record['memory-static-max'] ?? Number.NaN);
  const vcpus = Number(record['VCPUs-max'] ?? Number.NaN);
  return {
    uuid: record['uuid'] ?? '',
    name: record['name-label'] ?? '',
    powerState: record['power-state'] ?? null,
    domainType: record['domain-type'] ?? null,
    vcpus: Number.isInteger(vcpus) ? vcpus : null,
    memoryMiB: Number.isInteger(bytes) ? Math.floor(bytes / 1024 / 1024) : null,
    pci: other['pci'] ?? null,
    mask: parseXapiMap(record['VCPUs-params'] ?? '')['mask'] ?? null,
    startsAtBoot: other['auto_poweron'] === 'true',
    isHighlyAvailable: record['ha-restart-priority'] === 'restart',
  };
};
