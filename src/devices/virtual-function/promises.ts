import type {HostFacts} from '../../facts/host-facts.ts';
import {isVfioDriver} from '../../facts/modules.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import {analyseGroup, endpointsBeside} from '../../groups/analyse-group.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {AssignedVirtualFunction, Plan, PlannedDevice} from '../../plan/plan.ts';
import {unitPaths} from './unit.ts';
import {vgpuUnitPaths} from './vgpu-unit.ts';
import {identityOfVirtualFunction} from './virtual-function-format.ts';
import {listWords} from '../../words/list-words.ts';

/** The card keeps its driver, the number is there, and the guest's definition has the right one of them. */
export const virtualFunctionPromises = (
  facts: HostFacts,
  plan: Plan,
  {assigned, id}: PlannedDevice,
): readonly PromiseResult[] => {
  if (assigned.type !== 'virtual-function') return [];
  const parent = facts.pci.find(({address}) => address === assigned.of) ?? null;
  const place = parent?.sriov?.functions[assigned.index];
  const present = facts.pci.find(({address}) => address === place) ?? null;
  return [
    parentPromise(assigned, parent),
    countPromise(plan, assigned, parent),
    addressPromise(assigned, present, id),
    ...(present === null || assigned.vgpu !== null ? [] : groupPromise(facts, assigned, present)),
    ...(assigned.vgpu === null ? [] : [vgpuPromise(facts, plan, assigned, present)]),
  ];
};

export const parentPromise = ({of}: Pick<AssignedVirtualFunction, 'of'>, parent: PciFunction | null): PromiseResult => {
  const driver = parent?.driver ?? null;
  const isKept = driver !== null && !isVfioDriver(driver) && driver !== 'pci-stub';
  return {
    id: 'vf-parent',
    status: isKept ? 'kept' : 'broken',
    promise: `${of} stays with the host.`,
    fact: parent === null ? 'No device is at this address any more.' : `Its driver is ${driver ?? 'none'}.`,
    remedy: isKept
      ? null
      : parent === null
        ? 'Was the card moved? Choose it again with `function: {of: …}`, and apply.'
        : 'Only its own driver makes virtual functions: look for vfio-pci.ids= in /proc/cmdline and for files in /etc/modprobe.d.',
  };
};

export const countPromise = (
  plan: Plan,
  {of, count, vgpu}: Pick<AssignedVirtualFunction, 'of' | 'count' | 'vgpu'>,
  parent: PciFunction | null,
): PromiseResult => {
  const enabled = parent === null ? 0 : (parent.sriov?.enabled ?? null);
  const isKept = enabled === null ? null : enabled >= count;
  return {
    id: 'vf-count',
    status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
    promise: `${of} has ${count === 1 ? 'a virtual function' : `${count} virtual functions`}.`,
    fact: enabled === null ? 'Their number is not readable.' : `It has ${enabled}.`,
    remedy:
      isKept === false
        ? `\`systemctl status ${(vgpu === null ? unitPaths : vgpuUnitPaths)(plan.guest.name).unitName}\` says why.`
        : null,
  };
};

const addressPromise = (
  {of, index, address}: AssignedVirtualFunction,
  present: PciFunction | null,
  id: PlannedDevice['id'],
): PromiseResult => {
  const base = {
    id: 'vf-address',
    promise: `${identityOfVirtualFunction(of, index)} is ${address ?? 'unknown'}${id === null ? '' : ` (${id})`}, as the guest has it.`,
  } as const;
  if (present === null)
    return {
      ...base,
      status: 'broken',
      fact: 'It is not there.',
      remedy: 'Look at the promise about their number first.',
    };
  const isThere = present.address === address;
  const isSame = id === null || `${present.vendor}:${present.device}` === id;
  if (isThere && isSame) return {...base, status: 'kept', fact: 'It is.', remedy: null};
  return {
    ...base,
    status: 'broken',
    fact: isThere
      ? `Another device is there now: ${describeFunction(present)}.`
      : `It is ${present.address} now, so the guest would get another device or none.`,
    remedy: isThere
      ? 'Cards were moved. Roll back, and plan again.'
      : 'Apply the profile again, which corrects the definition of the guest, before you start it.',
  };
};

/** The driver tells the number of the type only, and its name as long as it could still be set on this GPU. */
const vgpuPromise = (
  {pci}: HostFacts,
  {guest}: Plan,
  {of, index, vgpu}: AssignedVirtualFunction,
  present: PciFunction | null,
): PromiseResult => {
  const current = present?.vgpu?.current ?? null;
  const wanted = pci
    .filter(({physicalFunction}) => physicalFunction === of)
    .flatMap((one) => one.vgpu?.creatable ?? [])
    .find(({name}) => name === vgpu?.name);
  const isKept = current === null || current === 0 ? false : wanted === undefined ? null : wanted.id === current;
  return {
    id: 'vgpu-type',
    status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
    promise: `${identityOfVirtualFunction(of, index)} is ${vgpu?.name}.`,
    fact:
      current === null
        ? 'It takes no vGPU type.'
        : current === 0
          ? 'It has no vGPU type.'
          : `It has the type ${current}${wanted === undefined ? ', whose name the driver does not tell now' : ''}.`,
    remedy: isKept === false ? `\`systemctl status ${vgpuUnitPaths(guest.name).unitName}\` says why.` : null,
  };
};

/** Group numbers change from boot to boot, so the group is looked up anew. */
const groupPromise = (
  facts: HostFacts,
  {of, index}: AssignedVirtualFunction,
  present: PciFunction,
): readonly PromiseResult[] => {
  const group = present.iommuGroup === null ? null : analyseGroup(facts, present.iommuGroup);
  const held = (group === null ? [] : endpointsBeside(group, [present.address])).filter(
    ({driver}) => driver !== null && !isVfioDriver(driver),
  );
  return [
    {
      id: 'vf-group',
      status: group === null || held.length > 0 ? 'broken' : 'kept',
      promise: `${identityOfVirtualFunction(of, index)} can go to a guest alone.`,
      fact:
        group === null
          ? 'It is in no IOMMU group.'
          : held.length === 0
            ? `Nothing else in IOMMU group ${group.id} is with a driver of the host.`
            : `IOMMU group ${group.id} also holds ${listWords(held.map(describeFunction))}.`,
      remedy:
        group !== null && held.length === 0
          ? null
          : 'Move the card to a slot where `vfio-pilot groups` shows each virtual function in a group of its own.',
    },
  ];
};
