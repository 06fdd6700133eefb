import type {HostFacts} from '../../../facts/host-facts.ts';
import type {PciAddress} from '../../../facts/pci-address.ts';
import type {PciFunction} from '../../../facts/pci.ts';
import {coversFunction} from '../../../formats/qemu-server/hostpci.ts';
import type {PciMapping} from '../../../formats/qemu-server/pci-mapping.ts';
import {functionsOf} from '../guests.ts';
import {proxmoxOf} from '../proxmox-facts.ts';

/** A mapping of the cluster that leads to a card; `problem`: why a guest with it would not start, or not with this card. */
export type CardMapping = {readonly name: string; readonly problem: string | null};

/** The first of this node that gives exactly these functions; one with a problem where there is no better. */
export const mappingOf = (facts: HostFacts, own: readonly {readonly address: PciAddress}[]): CardMapping | null => {
  const {mappings} = proxmoxOf(facts);
  const found = mappings
    .filter(({hosts}) => own.some(({address}) => hosts.some((host) => coversFunction(host, address))))
    .map((mapping) => ({name: mapping.name, problem: problemOf(facts, mapping, own)}));
  return found.find(({problem}) => problem === null) ?? found[0] ?? null;
};

/** Of a mapping that a guest has already. */
export const problemOfMapping = (
  facts: HostFacts,
  name: string,
  own: readonly {readonly address: PciAddress}[],
): string | null => {
  const [first] = proxmoxOf(facts).mappings.filter((mapping) => mapping.name === name);
  return first === undefined ? null : problemOf(facts, first, own);
};

/** Proxmox compares the first device of a mapping at each start (`PVE::Mapping::PCI`, assert_valid). */
const problemOf = (
  facts: HostFacts,
  mapping: PciMapping,
  own: readonly {readonly address: PciAddress}[],
): string | null => {
  const {name, hosts, id, subsystem, iommuGroup} = mapping;
  const rivals = proxmoxOf(facts).mappings.filter((one) => one.name === name);
  if (rivals.length > 1) return `it has ${rivals.length} cards of this node, of which Proxmox VE takes any free one`;
  const given = functionsOf(facts.pci, hosts);
  if (given.length !== own.length || !own.every(({address}) => given.includes(address)))
    return `it gives ${given.join(', ')}`;
  const first = facts.pci.find(({address}) => hosts[0] !== undefined && coversFunction(hosts[0], address));
  if (first === undefined) return 'its first device is not there';
  const expected = expectationOf(first);
  if (id !== expected.id) return `it expects the id ${id ?? 'of no device'}, and ${first.address} has ${expected.id}`;
  if (subsystem !== expected.subsystem)
    return `it expects the subsystem id ${subsystem ?? 'of none'}, and ${first.address} has ${expected.subsystem ?? 'none'}`;
  if (iommuGroup !== first.iommuGroup)
    return `it expects IOMMU group ${iommuGroup ?? 'none'}, and ${first.address} is in ${first.iommuGroup ?? 'none'}`;
  return null;
};

const expectationOf = ({vendor, device, subsystem}: PciFunction) => ({id: `${vendor}:${device}`, subsystem});

/** What makes a mapping for these functions of one slot (`pvesh create`, PVE::API2::Cluster::Mapping::PCI). */
export const mappingCommand = (facts: HostFacts, host: string): string => {
  const first = facts.pci.find(({address}) => coversFunction(host, address));
  if (first === undefined) throw new Error(`${host} is no device of this host`);
  const {id, subsystem} = expectationOf(first);
  const properties = [
    `id=${id}`,
    ...(first.iommuGroup === null ? [] : [`iommugroup=${first.iommuGroup}`]),
    `node=${proxmoxOf(facts).node ?? 'NODE'}`,
    `path=${host}`,
    ...(subsystem === null ? [] : [`subsystem-id=${subsystem}`]),
  ];
  return `pvesh create /cluster/mapping/pci --id NAME --map ${properties.join(',')}`;
};
