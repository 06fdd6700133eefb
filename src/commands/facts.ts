import type {HostFacts} from '../facts/host-facts.ts';
import {hypervisorOf} from '../hypervisor/hypervisors.ts';
import {isDisplay} from '../facts/pci.ts';
import {type FactsDocument, factsDocument, factsShape} from '../facts/shapes/facts-document.ts';
import {printable} from '../words/printable.ts';
import {type Command, exitCodes} from './command.ts';

const known = (value: string | number | boolean | null): string =>
  value === null ? 'unknown' : value === true ? 'yes' : value === false ? 'no' : String(value);
const mebibytes = (kibibytes: number | null): string =>
  kibibytes === null ? 'unknown' : `${Math.round(kibibytes / 1024)} MiB`;

/** A page for a person; `--json` has everything. */
const describeFacts = (facts: HostFacts): string => {
  const {cpu, boot, iommu, kernel, memory} = facts;
  const cores = new Set(cpu.cpus.filter((one) => one.online).map((one) => one.siblings.join())).size;
  const rows: readonly (readonly [string, string])[] = [
    ['CPU', `${known(cpu.model)}: ${cores} cores, CPUs ${cpu.online} online${cpu.hybrid ? ', hybrid' : ''}`],
    ['Virtualisation', known(cpu.virtualisation)],
    ['Memory', `${mebibytes(memory.totalKiB)}, ${mebibytes(memory.availableKiB)} available`],
    ...facts.nodes.map(
      (node) =>
        [
          `Node ${node.id}`,
          `${node.cpus.length} CPUs, ${mebibytes(node.memoryKiB)}, distances ${node.distances?.join(' ') ?? 'unknown'}`,
        ] as const,
    ),
    [
      'IOMMU',
      iommu.active ? `active, ${iommu.groups.length} groups` : `not active (ACPI table: ${known(iommu.acpiTable)})`,
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
  return rows.map(([title, text]) => `${title.padEnd(20)} ${printable(text)}\n`).join('');
};

export const facts: Command<unknown, HostFacts, FactsDocument> = {
  run: async ({host}) => (await host()).facts(),
  exitCode: () => exitCodes.done,
  document: factsDocument,
  shape: factsShape,
  isCompact: true,
  describe: describeFacts,
};
