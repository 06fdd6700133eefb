import {selectFunction} from '../devices/selector/select-function.ts';
import {isProfileSelector} from '../devices/selector/selector-format.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {PciAddress} from '../facts/pci-address.ts';
import {isDisplay} from '../facts/pci.ts';
import type {FindingCode} from '../findings/codes.ts';
import type {Finding} from '../findings/finding.ts';
import type {PositionOf} from '../plan/context.ts';
import type {Decision} from '../plan/plan.ts';
import {roomiestNode} from '../plan/placement/choose-node.ts';
import {formatOf} from '../profile/device-format.ts';
import type {Profile, ProfileDevice, WrittenProfile} from '../profile/profile.ts';
import {type Ports, servedPorts} from './ports.ts';
import {memoryOf, type Size, vcpusOf} from './resolve-shares.ts';

/** A profile on one host, with what was decided for that, and why it is not complete. */
export type ResolvedProfile = {
  readonly profile: Profile;
  readonly findings: readonly Finding[];
  readonly decisions: readonly Decision[];
  /** Where a path of `profile` is written: a device that could not be found is not among its devices. */
  readonly positionOf: PositionOf;
};

/**
 * Selectors become addresses, and shares become numbers. What cannot be resolved is a blocker; a size is then the
 * smallest that there is, so that the rest can still be shown.
 */
export const resolveProfile = (
  facts: HostFacts,
  written: WrittenProfile,
  positionOf: PositionOf = () => null,
  {deviceKinds}: Pick<Ports, 'deviceKinds'> = servedPorts,
): ResolvedProfile => {
  const addressesOf = (device: ProfileDevice): readonly PciAddress[] =>
    formatOf(deviceKinds, device.kind).addresses(device);
  const findings: Finding[] = [];
  const decisions: Decision[] = [];
  const refuse = (code: FindingCode, path: string, {message, remedy}: Pick<Finding, 'message' | 'remedy'>): void => {
    const at = positionOf(path);
    findings.push({code, severity: 'blocker', subject: path, ...(at === null ? {} : {at}), message, remedy});
  };
  const devices: {readonly device: ProfileDevice; readonly index: number}[] = [];
  for (const [index, device] of written.devices.entries()) {
    const path = `devices[${index}].match`;
    const selected = isProfileSelector(device) ? selectFunction(facts, device) : null;
    if (selected === null) devices.push({device, index});
    else if (!selected.ok) refuse(selected.code, path, selected);
    else {
      const {address} = selected.device;
      decisions.push({subject: 'devices', choice: address, because: selected.because});
      if (devices.some((other) => addressesOf(other.device).includes(address)))
        refuse('selector-twice', path, {
          message: `Two items of \`devices\` mean ${address} on this host.`,
          remedy: 'Say more in `match`, or leave one of the two out.',
        });
      else devices.push({device: selected.device, index});
    }
  }
  const node = nodeOf(
    facts,
    written,
    devices.flatMap(({device}) => addressesOf(device)),
  );
  const settle = (path: string, size: Size): number => {
    if (size.ok) decisions.push({subject: path, choice: size.choice, because: size.because});
    else refuse('share-impossible', path, size);
    return size.ok ? size.value : size.smallest;
  };
  const [{vcpus}, {sizeMiB}] = [written.cpu, written.memory];
  return {
    profile: {
      ...written,
      devices: devices.map(({device}) => device),
      cpu: {
        ...written.cpu,
        vcpus: typeof vcpus === 'number' ? vcpus : settle('cpu.vcpus', vcpusOf(facts, node, vcpus)),
      },
      memory: {
        ...written.memory,
        sizeMiB: typeof sizeMiB === 'number' ? sizeMiB : settle('memory.size', memoryOf(facts, node, sizeMiB)),
      },
    },
    findings,
    decisions,
    positionOf: (path) =>
      positionOf(path.replace(/^devices\[(\d+)\]/, (_, at: string) => `devices[${devices[Number(at)]?.index ?? at}]`)),
  };
};

/** The node that a share is one of: the one that the profile names, that of its graphics card, or of its first device. */
const nodeOf = (facts: HostFacts, {cpu}: WrittenProfile, addresses: readonly PciAddress[]): number | null => {
  if (cpu.node !== 'auto') return cpu.node;
  const functions = facts.pci.filter(({address}) => addresses.includes(address));
  return (functions.find(isDisplay) ?? functions[0])?.numaNode ?? roomiestNode(facts);
};
