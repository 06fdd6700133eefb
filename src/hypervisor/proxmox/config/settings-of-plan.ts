import {formatCpuList} from '../../../facts/kernel-lists.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {type ConfigLine, valueOf} from '../../../formats/qemu-server/config.ts';
import type {Wishes} from '../../../formats/qemu-server/edit-config.ts';
import {isOwn} from '../hookscript/choose-hookscript.ts';
import {cellsOf} from '../guest/cells.ts';
import type {ProxmoxPlan} from '../proxmox-facts.ts';
import {hostPciLines} from './host-pci.ts';
import {usbLines} from './usb-lines.ts';
import {editProperties} from './property-text.ts';

type Line = readonly [key: string, value: string | null];

/** The settings of the guest that are this plan's, compared with the lines that it has. */
export const settingsOfPlan = (facts: HostFacts, plan: ProxmoxPlan, present: readonly ConfigLine[]): Wishes => {
  const {guest, memory} = plan;
  const {hugepages} = memory;
  return new Map<string, string | null>([
    ...hostPciLines(facts, plan, present).lines,
    ...usbLines(plan, present).lines,
    ['cpu', cpuLine(plan, valueOf(present, 'cpu'))],
    ...vcpuLines(plan, present),
    ['memory', memoryLine(valueOf(present, 'memory'), memory.sizeKiB / 1024)],
    ['balloon', '0'],
    ['hugepages', hugepages === null ? null : String(hugepages.sizeKiB / 1024)],
    ...numaLines(facts, plan),
    ...(guest.affinity.length === 0
      ? []
      : [['affinity', sameList(valueOf(present, 'affinity'), guest.affinity)] as const]),
    ...hookscriptLine(plan, valueOf(present, 'hookscript')),
  ]);
};

/** Another script stays; one of an earlier run goes with its file. */
const hookscriptLine = ({guest: {hookscript, vmid}}: ProxmoxPlan, present: string | null): readonly Line[] => {
  if (hookscript !== null) return [['hookscript', hookscript.volume]];
  return present !== null && isOwn(present, vmid) ? [['hookscript', null]] : [];
};

const cpuLine = ({guest: {isKvmHidden, hypervVendorId}}: ProxmoxPlan, present: string | null): string =>
  editProperties(present, 'cputype', [
    ['cputype', 'host'],
    ...(isKvmHidden === null ? [] : [['hidden', isKvmHidden ? '1' : null] as const]),
    ...(hypervVendorId === null ? [] : [['hv-vendor-id', hypervVendorId] as const]),
  ]);

/** `vcpus` is how many of them are there at the start; more than there are ends it. */
const vcpuLines = ({guest: {vcpus}}: ProxmoxPlan, present: readonly ConfigLine[]): readonly Line[] => {
  const count = (key: string): number => Number(valueOf(present, key) ?? 1);
  const plugged = valueOf(present, 'vcpus');
  return [
    ...(count('sockets') * count('cores') === vcpus
      ? []
      : ([
          ['cores', String(vcpus)],
          ['sockets', '1'],
        ] as const)),
    ...(plugged === null || Number(plugged) === vcpus ? [] : [['vcpus', null] as const]),
  ];
};

/** `current=8192` in another way of writing it. */
const memoryLine = (present: string | null, sizeMiB: number): string =>
  present === `current=${sizeMiB}` ? present : String(sizeMiB);

const sameList = (present: string | null, cpus: readonly number[]): string =>
  formatCpuList(cpus) === present ? present : formatCpuList(cpus);

/** Lines that the plan does not need go: their sum would be another than the memory, and the guest would not start. */
const numaLines = (facts: HostFacts, plan: ProxmoxPlan): readonly Line[] => {
  const cells = cellsOf(plan, facts.nodes.length > 1);
  return [
    ...(cells.length === 0 ? [] : [['numa', '1'] as const]),
    ...Array.from({length: 8}, (_, index): Line => {
      const cell = cells[index];
      if (cell === undefined) return [`numa${index}`, null];
      const cpus = formatCpuList(cell.vcpus).replaceAll(',', ';');
      return [`numa${index}`, `cpus=${cpus},hostnodes=${cell.hostNode},memory=${cell.memoryMiB},policy=bind`];
    }),
  ];
};

/** What a new guest has besides. */
export const settingsOfNewGuest = ({guest}: ProxmoxPlan): Wishes => {
  const {firmware, storage, bridge, cdrom} = guest;
  return new Map<string, string | null>([
    ['name', guest.name],
    ['ostype', osTypes[guest.os]],
    ['machine', 'q35'],
    ['bios', firmware === 'bios' ? 'seabios' : 'ovmf'],
    ['scsihw', 'virtio-scsi-single'],
    ...(firmware === 'bios' || storage === null
      ? []
      : [['efidisk0', `${storage}:1,efitype=4m,pre-enrolled-keys=${firmware === 'uefi-secure' ? 1 : 0}`] as const]),
    ...(guest.hasTpm && storage !== null ? [['tpmstate0', `${storage}:1,version=v2.0`] as const] : []),
    ...(bridge === null ? [] : [['net0', `virtio,bridge=${bridge}`] as const]),
    ...(cdrom === null ? [] : [['ide2', `${cdrom},media=cdrom`] as const]),
  ]);
};

const osTypes = {'windows-11': 'win11', 'windows-10': 'win10', linux: 'l26', other: 'other'} as const;
