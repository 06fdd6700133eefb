import {isDisplay} from '../facts/pci.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import {count} from '../words/count.ts';

const known = (value: string | number | boolean | null): string =>
  value === null ? 'unknown' : value === true ? 'yes' : value === false ? 'no' : String(value);
const mebibytes = (kibibytes: number | null): string =>
  kibibytes === null ? 'unknown' : `${Math.round(kibibytes / 1024)} MiB`;

/** What a person wants to know of a host first, each with its title; `facts --json` has everything. */
export const factRows = (facts: HostFacts): readonly (readonly [title: string, text: string])[] => {
  const {cpu, boot, iommu, kernel, memory} = facts;
  const cores = new Set(cpu.cpus.filter((one) => one.online).map((one) => one.siblings.join())).size;
  return [
    ['CPU', `${known(cpu.model)}: ${cores} cores, CPUs ${cpu.online} online${cpu.hybrid ? ', hybrid' : ''}`],
    ['Virtualisation', known(cpu.virtualisation)],
    ['Memory', `${mebibytes(memory.totalKiB)}, ${mebibytes(memory.availableKiB)} available`],
    ...facts.nodes.map(
      (node) =>
        [
          `Node ${node.id}`,
          `${count(node.cpus.length, 'CPU')}, ${mebibytes(node.memoryKiB)}, distances ${node.distances?.join(' ') ?? 'unknown'}`,
        ] as const,
    ),
    [
      'IOMMU',
      iommu.active
        ? `active, ${count(iommu.groups.length, 'group')}`
        : `not active (ACPI table: ${known(iommu.acpiTable)})`,
    ],
    ['Interrupt remapping', known(iommu.interruptRemapping)],
    ['Firmware', `${known(boot.firmware)}, Secure Boot ${known(boot.secureBoot)}, lockdown ${known(boot.lockdown)}`],
    ['Kernel', known(kernel.release)],
    ['Command line', known(boot.commandLine)],
    ['Boot loader', `${known(boot.loader)}. ${boot.loaderEvidence.join(' ')}`],
    ['Initramfs', `${known(boot.initramfs)}. ${boot.initramfsEvidence.join(' ')}`],
    hypervisorOf(facts).describe(facts),
    [
      'PCI functions',
      `${facts.pci.length}, of them display: ${
        facts.pci
          .filter(isDisplay)
          .map(
            (device) =>
              `${device.address} ${device.name ?? `${device.vendor}:${device.device}`} (${device.driver ?? 'no driver'})`,
          )
          .join('; ') || 'none'
      }`,
    ],
    ...facts.needs.map(
      (need) =>
        [
          need.kind === 'route' || need.spares.length > 0 ? 'The host uses' : 'The host needs',
          `${need.address}: ${need.chain}`,
        ] as const,
    ),
    ...facts.notes.map((note) => ['Note', `${note.message} ${note.remedy}`] as const),
  ];
};
