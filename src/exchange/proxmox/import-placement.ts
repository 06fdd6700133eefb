import {coresOf} from '../../facts/cores.ts';
import {formatCpuList} from '../../facts/kernel-lists.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {ProxmoxGuest} from '../../facts/virtualisation.ts';
import {type ConfigLine, valueOf} from '../../formats/qemu-server/config.ts';
import {isOwn} from '../../hypervisor/proxmox/hookscript/choose-hookscript.ts';
import {proxmoxOf} from '../../hypervisor/proxmox/proxmox-facts.ts';
import type {Profile} from '../../profile/profile.ts';

type Placement = {
  readonly cpu: Partial<Profile['cpu']>;
  readonly memory: Partial<Profile['memory']>;
  readonly omissions: readonly string[];
};

/** The guest's vCPUs, memory and pages, and where they are. What the guest leaves open stays `auto`. */
export const importPlacement = (facts: HostFacts, guest: ProxmoxGuest, lines: readonly ConfigLine[]): Placement => {
  const count = (key: string): number => Number(valueOf(lines, key) ?? 1);
  const vcpus = count('sockets') * count('cores');
  const nodes = Object.keys(guest.perNodeMiB).map(Number);
  const [node] = nodes;
  const pins = ownPins(facts, guest, lines, vcpus) ?? pinsOfAffinity(facts, guest.affinity, vcpus);
  return {
    cpu: {vcpus, pins: pins ?? 'auto'},
    memory: {
      sizeMiB: guest.memoryMiB,
      hugepages: guest.pageKiB === null ? 'none' : guest.pageKiB === 2048 ? '2MiB' : '1GiB',
      ...(nodes.length === 1 && node !== undefined ? {node} : {}),
    },
    omissions:
      guest.affinity !== null && pins === null
        ? [
            `affinity ${formatCpuList(guest.affinity)} is not ${vcpus} CPUs on whole cores, so the cores are chosen anew.`,
          ]
        : [],
  };
};

/** Of the script that an earlier run wrote: its words are read, and nothing of it is run. */
const ownPins = (
  facts: HostFacts,
  {vmid}: ProxmoxGuest,
  lines: readonly ConfigLine[],
  vcpus: number,
): readonly number[] | null => {
  const volume = valueOf(lines, 'hookscript') ?? '';
  const [storage = '', name = ''] = volume.split(':snippets/');
  const directory = proxmoxOf(facts).storages.find((one) => one.name === storage)?.snippets ?? null;
  if (directory === null || !isOwn(volume, vmid)) return null;
  const words = /^pins='([0-9:, -]*)'$/m.exec(facts.files[`${directory}/${name}`]?.text ?? '')?.[1]?.split(' ') ?? [];
  const pins = words.map((word) => /^\d+:(\d+)$/.exec(word)?.[1]).filter((cpu) => cpu !== undefined);
  return pins.length === vcpus ? pins.map(Number) : null;
};

/** As many as vCPUs, and the threads of a core together: otherwise the guest has no CPU for each vCPU. */
const pinsOfAffinity = (
  facts: HostFacts,
  affinity: readonly number[] | null,
  vcpus: number,
): readonly number[] | null => {
  if (affinity === null || affinity.length !== vcpus) return null;
  const threads = coresOf(facts)
    .map((core) => core.threads)
    .filter((one) => one.every((cpu) => affinity.includes(cpu)))
    .flat();
  return threads.length === vcpus ? threads : null;
};
