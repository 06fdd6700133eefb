import type {HostFacts} from '../../facts/host-facts.ts';
import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import {libvirtOf} from '../../facts/virtualisation.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {ChosenDevice} from '../../plan/device/chosen-devices.ts';
import {idOf} from '../../plan/device/describe-function.ts';
import type {PlannedDevice} from '../../plan/plan.ts';
import {type Candidate, type DeviceKind, type Named, partOfCard} from '../device-kind.ts';
import {matchFunction} from '../match-function.ts';
import {chooseCount} from './choose-count.ts';
import {type ChosenPooledFunction, judgePooledFunction} from './judge-pooled-function.ts';
import {isEthernet} from './judge-virtual-function.ts';
import {
  identityOfPooled,
  isProfilePooledFunction,
  parsePooled,
  pooledFunctionFormat,
  type ProfilePooledFunction,
} from './pooled-function-format.ts';
import {countPromise, parentPromise} from './promises.ts';

const chosenDevice = (own: ChosenPooledFunction): ChosenDevice => ({
  kind: 'pooled-function',
  path: own.path,
  name: own.name,
  functions: [],
  hostdevs: [],
  isDisplay: isDisplay(own.parent),
  numaNode: own.parent.numaNode,
  judge: (context, _all, taken) => judgePooledFunction(context, own, taken),
  plan: (context) => planDevice(context, own),
});

const planDevice = (context: PlanContext, {parent, wanted, name}: ChosenPooledFunction): PlannedDevice => {
  context.decide('devices', name, 'libvirt takes one that is free when the guest starts');
  return {
    kind: 'pooled-function',
    address: null,
    id: null,
    name: parent.name,
    class: parent.class,
    iommuGroup: null,
    numaNode: parent.numaNode,
    bindBy: null,
    driver: null,
    assigned: {
      type: 'pooled-function',
      of: parent.address,
      interface: parent.sriov?.interface ?? '',
      count: chooseCount(context, parent).count,
      mac: wanted.mac,
      vlan: wanted.vlan,
    },
  };
};

/** Where libvirt could have a pool of it. */
const isPoolable = (facts: HostFacts, {sriov, ...card}: PciFunction): boolean =>
  isEthernet(card) && sriov !== null && sriov.interface !== null && libvirtOf(facts).version !== null;

const listCandidates = (facts: HostFacts): readonly Candidate[] =>
  facts.pci
    .filter((card) => isPoolable(facts, card))
    .map((parent) => ({
      kind: 'pooled-function',
      identities: [identityOfPooled(parent.address)],
      functions: [],
      isDisplay: false,
      part: {
        ...partOfCard,
        of: parent,
        parent: parent.address,
        driver: parent.driver,
        name: 'any free virtual function',
        remark: `libvirt takes one when the guest starts; ${parent.address} can make ${parent.sriov?.total ?? 0}`,
        present: null,
        group: 'after-boot',
        room: null,
      },
    }));

const propose = ({pci}: HostFacts, identities: readonly string[]): readonly ProfilePooledFunction[] =>
  identities.flatMap((identity) => {
    const of = parsePooled(identity);
    const parent = pci.find(({address}) => address === of);
    if (parent === undefined) return [];
    const {address, subsystem, upstream} = parent;
    return [
      {
        kind: 'pooled-function',
        anyFunction: {
          of: {address, id: idOf(parent), subsystem, upstream: upstream.length === 0 ? null : upstream},
          count: 'auto',
        },
        mac: null,
        vlan: null,
      },
    ];
  });

/** `0000:04:00.0/any` */
const understand = ({pci}: HostFacts, words: string): Named | null => {
  const of = parsePooled(words);
  if (of === null) return null;
  const parent = pci.find(({address}) => address === of);
  if (parent !== undefined && parent.sriov !== null) return {ok: true, identity: identityOfPooled(of)};
  return {
    ok: false,
    problem:
      parent === undefined ? `No device is at ${of} on this host.` : `${of} makes no virtual functions on this host.`,
    remedy: '`vfio-pilot check` says which devices make virtual functions, and how many.',
  };
};

/** Any free virtual function of a network card. What makes them at boot goes with the virtual functions by number. */
export const pooledFunctionKind: DeviceKind = {
  ...pooledFunctionFormat,
  files: [],
  match: (context, device, path) => {
    if (!isProfilePooledFunction(device)) return null;
    const own = `${path}.anyFunction`;
    const parent = matchFunction(context, device.anyFunction.of, `${own}.of`);
    return parent === null
      ? null
      : chosenDevice({wanted: device, name: identityOfPooled(parent.address), parent, path: own});
  },
  complete: () => [],
  prepare: () => ({artifacts: [], findings: []}),
  promises: (facts, plan, {assigned}) => {
    if (assigned.type !== 'pooled-function') return [];
    const parent = facts.pci.find(({address}) => address === assigned.of) ?? null;
    return [parentPromise(assigned, parent), countPromise(plan, {...assigned, vgpu: null}, parent)];
  },
  candidates: listCandidates,
  understand,
  propose,
  whyInUse: () => null,
  probes: {},
};
