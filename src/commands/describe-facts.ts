import type {HostFacts} from '../host/facts.ts';
import {printable} from '../ui/printable.ts';

const told = (value: string | number | boolean | null): string => (value === null ? 'not told' : value === true ? 'yes' : value === false ? 'no' : String(value));
const mebibytes = (kibibytes: number | null): string => (kibibytes === null ? 'not told' : `${Math.round(kibibytes / 1024)} MiB`);

/** A page for a person; `--json` has everything. */
export const describeFacts = (facts: HostFacts): string => {
  const {cpu, boot, iommu, kernel, libvirt, memory} = facts;
  const cores = new Set(cpu.cpus.filter((one) => one.online).map((one) => one.siblings.join())).size;
  const rows: readonly (readonly [string, string])[] = [
    ['CPU', `${told(cpu.model)}: ${cores} cores, CPUs ${cpu.online} online${cpu.hybrid ? ', hybrid' : ''}`],
    ['Virtualisation', told(cpu.virtualisation)],
    ['Memory', `${mebibytes(memory.totalKiB)}, ${mebibytes(memory.availableKiB)} available`],
    ...facts.nodes.map((node) => [`Node ${node.id}`, `${node.cpus.length} CPUs, ${mebibytes(node.memoryKiB)}, distances ${node.distances?.join(' ') ?? 'not told'}`] as const),
    ['IOMMU', iommu.active ? `active, ${iommu.groups.length} groups` : `not active (ACPI table: ${told(iommu.acpiTable)})`],
    ['Interrupt remapping', told(iommu.interruptRemapping)],
    ['Firmware', `${told(boot.firmware)}, Secure Boot ${told(boot.secureBoot)}, lockdown ${told(boot.lockdown)}`],
    ['Kernel', told(kernel.release)],
    ['Command line', told(boot.commandLine)],
    ['Boot loader', `${told(boot.loader)}. ${boot.loaderEvidence.join(' ')}`],
    ['Initramfs', `${told(boot.initramfs)}. ${boot.initramfsEvidence.join(' ')}`],
    ['libvirt', `${told(libvirt.version)}, QEMU ${told(libvirt.qemuVersion)}, domains: ${libvirt.domains.map((domain) => domain.name).join(', ') || 'none'}`],
    ['PCI functions', `${facts.pci.length}, of them display: ${facts.pci.filter((device) => device.class.startsWith('03')).map((device) => `${device.address} ${device.name ?? `${device.vendor}:${device.device}`} (${device.driver ?? 'no driver'})`).join('; ') || 'none'}`],
    ...facts.needs.map((need) => [need.kind === 'route' || (need.spares ?? []).length > 0 ? 'The host uses' : 'The host needs', `${need.address}: ${need.chain}`] as const),
    ...facts.notes.map((note) => ['Note', `${note.message} ${note.remedy}`] as const),
  ];
  return rows.map(([title, text]) => `${title.padEnd(20)} ${printable(text)}\n`).join('');
};
