import {coresOf} from '../facts/cores.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {kibPerGiB} from '../facts/memory.ts';
import {isDisplay, type PciFunction} from '../facts/pci.ts';
import {idOf} from '../plan/device/describe-function.ts';
import {roomiestNode} from '../plan/placement/choose-node.ts';
import {largeCacheCores, prefersCache} from '../plan/placement/place.ts';
import {profileDefaults} from '../profile/defaults.ts';
import {formatOf} from '../profile/device-format.ts';
import type {Profile} from '../profile/profile.ts';
import {type Ports, servedPorts} from './ports.ts';

/** A starting point for these devices on this host: whole cards, most cores of their node, half of its memory. */
export const proposeProfile = (
  facts: HostFacts,
  identities: readonly string[],
  {deviceKinds}: Pick<Ports, 'deviceKinds'> = servedPorts,
): Profile => {
  const proposed = deviceKinds.flatMap((kind) => kind.propose(facts, identities));
  const addresses = proposed.flatMap((device) => formatOf(deviceKinds, device.kind).addresses(device));
  const devices = facts.pci.filter(({address}) => addresses.includes(address));
  const node = devices.find((device) => device.numaNode !== null)?.numaNode ?? roomiestNode(facts);
  const defaults = profileDefaults();
  return {
    ...defaults,
    name: proposeName(devices),
    devices: proposed,
    cpu: {...defaults.cpu, vcpus: proposeVcpus(facts, node, prefersCache(devices))},
    memory: {...defaults.memory, sizeMiB: proposeMemoryMiB(facts, node)},
    guest: {...defaults.guest, name: 'win11', os: 'windows-11'},
  };
};

const proposeName = (devices: readonly PciFunction[]): string => {
  const display = devices.find(isDisplay) ?? devices[0];
  // pci.ids writes makers in brackets too: "[AMD/ATI] Ellesmere [Radeon RX 580]".
  const bracketed = [...(display?.name ?? '').matchAll(/\[([^\]]+)\]/g)].at(-1)?.[1];
  const word = (bracketed ?? (display === undefined ? 'guest' : idOf(display)))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return word === '' ? 'guest' : word.slice(0, 40);
};

/**
 * Two cores of the node stay with the host (one of four or fewer), a game keeps to the large cache where there is one, and
 * more than 16 vCPUs are a choice, not a default.
 */
const proposeVcpus = (facts: HostFacts, node: number | null, isGame: boolean): number => {
  const all = coresOf(facts);
  if (all.length === 0) return 2;
  const onNode = all.filter((core) => node === null || core.node === node);
  const local = onNode.length === 0 ? all : onNode;
  const best = local.some((core) => core.kind === 'performance')
    ? local.filter((core) => core.kind === 'performance')
    : local;
  const threads = Math.max(1, Math.min(...best.map((core) => core.threads.length)));
  const cores = Math.max(1, best.length - (best.length > 4 ? 2 : 1));
  const cached = isGame ? largeCacheCores(best).length : 0;
  return Math.max(threads, Math.min((cached > 0 ? Math.min(cached, cores) : cores) * threads, 16));
};

const proposeMemoryMiB = (facts: HostFacts, node: number | null): number => {
  const local = facts.nodes.find((one) => one.id === node)?.memoryKiB ?? null;
  const total = local ?? facts.memory.totalKiB ?? 8 * kibPerGiB;
  return Math.max(1, Math.round(total / 2 / kibPerGiB)) * 1024;
};
