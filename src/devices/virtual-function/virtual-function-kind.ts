import {joinRendered} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {type PciId, parsePciAddress} from '../../facts/pci-address.ts';
import {isDisplay, type PciFunction, type SriovFacts} from '../../facts/pci.ts';
import {virtualFunctionAddress} from '../../facts/sriov.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {ChosenDevice, DriverOf} from '../../plan/device/chosen-devices.ts';
import {idOf} from '../../plan/device/describe-function.ts';
import {describeShare} from '../../plan/device/describe-share.ts';
import type {PlannedDevice} from '../../plan/plan.ts';
import {type Candidate, type DeviceKind, type Named, partOfCard} from '../device-kind.ts';
import {matchFunction} from '../match-function.ts';
import {chooseCount, claimsOn} from './choose-count.ts';
import {countOwnerFiles} from './count-owners.ts';
import {type ChosenVirtualFunction, isEthernet, judgeVirtualFunction} from './judge-virtual-function.ts';
import {virtualFunctionPromises} from './promises.ts';
import {renderUnit, unitFiles} from './unit.ts';
import {renderVgpuUnit, vgpuFiles} from './vgpu-unit.ts';
import {
  identityOfVirtualFunction,
  nameOfVirtualFunction,
  isProfileVirtualFunction,
  parseIdentity,
  type ProfileVirtualFunction,
  virtualFunctionFormat,
} from './virtual-function-format.ts';

/** Its vendor is that of the physical function (kernel: drivers/pci/iov.c, pci_iov_add_virtfn). */
const idOfFunctions = ({vendor, sriov}: PciFunction): PciId | null =>
  sriov === null || sriov.device === null ? null : `${vendor}:${sriov.device}`;

const choose = (context: PlanContext, wanted: ProfileVirtualFunction, path: string): ChosenVirtualFunction | null => {
  const own = `${path}.function`;
  const parent = matchFunction(context, wanted.function.of, `${own}.of`);
  if (parent === null) return null;
  const {index, id} = wanted.function;
  const name = identityOfVirtualFunction(parent.address, index);
  const known = idOfFunctions(parent);
  if (id !== null && known !== null && id !== known) {
    context.report('blocker', 'device-mismatch', {
      subject: name,
      path: `${own}.id`,
      message: `The profile means ${id} as ${name}, and the virtual functions of ${parent.address} are ${known}.`,
      remedy: 'Is this the machine that the profile was made on? `vfio-pilot groups` lists the devices of this one.',
    });
    return null;
  }
  const address = virtualFunctionAddress(parent, index);
  const first = context.profile.devices
    .filter(isProfileVirtualFunction)
    .find((device) => device.function.of.address === wanted.function.of.address);
  return {
    wanted,
    name,
    parent,
    address,
    present: context.facts.pci.find((one) => one.address === parent.sriov?.functions[index]) ?? null,
    path: own,
    isFirst: first === wanted,
  };
};

const chosenDevice = (own: ChosenVirtualFunction): ChosenDevice => ({
  kind: 'virtual-function',
  path: own.path,
  name: own.name,
  functions: [],
  hostdevs: own.address === null ? [] : [own.address],
  isDisplay: isDisplay(own.parent),
  numaNode: own.parent.numaNode,
  judge: (context, _all, taken) => judgeVirtualFunction(context, own, taken),
  plan: (context, _by, drivers) => planDevice(context, own, drivers),
});

const planDevice = (context: PlanContext, own: ChosenVirtualFunction, drivers: DriverOf): PlannedDevice => {
  const {parent, wanted, address, present} = own;
  const {count, isAllTaken} = chooseCount(context, parent);
  // Told where the kernel has a variant of vfio-pci for it; the guest's start decides.
  if (present !== null) drivers(present);
  context.decide(
    'devices',
    `${own.name}${address === null ? '' : ` at ${address}`}`,
    present === null
      ? 'the card says where its virtual functions will be; `verify` compares after the reboot'
      : 'the kernel lists it there',
  );
  return {
    kind: 'virtual-function',
    address: null,
    id: present === null ? (wanted.function.id ?? idOfFunctions(parent)) : idOf(present),
    name: parent.name,
    class: parent.class,
    iommuGroup: null,
    numaNode: parent.numaNode,
    bindBy: null,
    driver: null,
    assigned: {
      type: 'virtual-function',
      address,
      formerly: formerAddress(context, own),
      of: parent.address,
      index: wanted.function.index,
      count,
      // A network card's are used by the host in many ways before a guest starts, and libvirt takes them from any driver.
      probesDrivers: isEthernet(parent) || !isAllTaken || wanted.function.vgpu !== null,
      network: isEthernet(parent) ? {mac: wanted.mac, vlan: wanted.vlan} : null,
      vgpu: wanted.function.vgpu === null ? null : {name: wanted.function.vgpu, mixedSizes: wanted.function.mixedSizes},
    },
  };
};

/** It moves with its card: another slot, a new card on a bus before it, another kernel. Then the guest's definition has it elsewhere. */
const formerAddress = (
  {facts, profile}: PlanContext,
  {parent, wanted, address}: ChosenVirtualFunction,
): ChosenVirtualFunction['address'] => {
  const claimed = facts.guests.recorded.find(({guest}) => guest === profile.guest.name)?.virtualFunctions ?? [];
  const same = claimed.filter(({index}) => index === wanted.function.index);
  const former = same.find(({of}) => of === parent.address) ?? (same.length === 1 ? same[0] : undefined);
  return former === undefined || former.address === address ? null : former.address;
};

/** Those that there are, and the next one that nobody has; on a card without any that is the first. */
const listCandidates = (facts: HostFacts): readonly Candidate[] =>
  facts.pci.flatMap((parent) => {
    const {sriov} = parent;
    if (sriov === null || parent.isBridge) return [];
    if (parent.driver === 'nvidia') return vgpuCandidates(facts, parent);
    const claimed = new Set(claimsOn(facts, parent.address, null).map(({index}) => index));
    let next = sriov.functions.length;
    while (claimed.has(next)) next += 1;
    const there = sriov.functions.map((_, index) => index);
    return [...there, ...(next < sriov.total ? [next] : [])].map((index): Candidate => ({
      kind: 'virtual-function',
      identities: [identityOfVirtualFunction(parent.address, index)],
      functions: [],
      isDisplay: isDisplay(parent),
      part: {
        ...partOfCard,
        of: parent,
        parent: parent.address,
        driver: parent.driver,
        name: `virtual function ${index}`,
        remark: remarkOf(parent, sriov, index),
        present: facts.pci.find(({address}) => address === sriov.functions[index]) ?? null,
        group: 'after-boot',
        room: null,
      },
    }));
  });

const remarkOf = ({address, driver}: PciFunction, {functions, total, shares}: SriovFacts, index: number): string => {
  const count = `${address} has ${functions.length} of ${total} virtual functions now`;
  const share = index < functions.length ? shares?.virtual[index] : undefined;
  const text = share === undefined ? null : describeShare(share);
  return text === null ? count : `${count}, and ${driver ?? 'its driver'} gives this one ${text}`;
};

/** One for each vGPU type of the first virtual function that has none; the types are known once there are virtual functions. */
const vgpuCandidates = (facts: HostFacts, parent: PciFunction): readonly Candidate[] => {
  const claimed = new Set(claimsOn(facts, parent.address, null).map(({index}) => index));
  const index = (parent.sriov?.functions ?? []).findIndex(
    (address, number) => !claimed.has(number) && facts.pci.find((one) => one.address === address)?.vgpu?.current === 0,
  );
  const free = facts.pci.find(({address}) => address === parent.sriov?.functions[index]);
  return (free?.vgpu?.creatable ?? []).map(({name}): Candidate => ({
    kind: 'virtual-function',
    identities: [nameOfVirtualFunction(parent.address, index, name)],
    functions: [],
    isDisplay: isDisplay(parent),
    part: {
      ...partOfCard,
      of: parent,
      parent: parent.address,
      driver: parent.driver,
      name: 'vGPU',
      remark: `It is virtual function ${index} of the GPU, and gets its type at each boot`,
      present: null,
      group: 'own',
      room: null,
    },
  }));
};

const propose = ({pci}: HostFacts, identities: readonly string[]): readonly ProfileVirtualFunction[] =>
  identities.flatMap((identity) => {
    const named = parseIdentity(identity);
    const parent = pci.find(({address}) => address === named?.of);
    if (named === null || parent === undefined) return [];
    return [
      {
        kind: 'virtual-function',
        function: {
          of: {
            address: parent.address,
            id: idOf(parent),
            subsystem: parent.subsystem,
            upstream: parent.upstream.length === 0 ? null : parent.upstream,
          },
          index: named.index,
          count: 'auto',
          id: idOfFunctions(parent),
          vgpu: named.vgpu,
          mixedSizes: false,
        },
        mac: null,
        vlan: null,
      },
    ];
  });

/** `0000:04:00.0/virtfn2`, or the address that one has now. */
const understand = ({pci}: HostFacts, words: string): Named | null => {
  const named = parseIdentity(words) ?? namedByAddress(pci, words);
  if (named === null) return null;
  const parent = pci.find(({address}) => address === named.of);
  const total = parent?.sriov?.total ?? 0;
  const refuse = (problem: string): Named => ({
    ok: false,
    problem,
    remedy: '`vfio-pilot check` says which devices make virtual functions, and how many.',
  });
  if (parent === undefined) return refuse(`No device is at ${named.of} on this host.`);
  if (total === 0) return refuse(`${named.of} makes no virtual functions on this host.`);
  if (named.index >= total)
    return refuse(`${named.of} can make ${total} virtual functions, and the last one is virtfn${total - 1}.`);
  return {ok: true, identity: nameOfVirtualFunction(named.of, named.index, named.vgpu)};
};

const namedByAddress = (pci: readonly PciFunction[], words: string): ReturnType<typeof parseIdentity> => {
  const address = parsePciAddress(words);
  const parent = pci.find(({sriov}) => address !== null && sriov?.functions.includes(address));
  return parent === undefined || address === null
    ? null
    : {of: parent.address, index: parent.sriov?.functions.indexOf(address) ?? 0, vgpu: null};
};

/** One of the virtual functions of a card with SR-IOV. The card and its driver stay with the host. */
export const virtualFunctionKind: DeviceKind = {
  ...virtualFunctionFormat,
  files: [...countOwnerFiles, ...unitFiles, ...vgpuFiles],
  match: (context, device, path) => {
    if (!isProfileVirtualFunction(device)) return null;
    const own = choose(context, device, path);
    return own === null ? null : chosenDevice(own);
  },
  complete: () => [],
  prepare: (facts, plan) => joinRendered([renderUnit(facts, plan), renderVgpuUnit(facts, plan)]),
  promises: virtualFunctionPromises,
  candidates: listCandidates,
  understand,
  propose,
  whyInUse: () => null,
  probes: {},
};
