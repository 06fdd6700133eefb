import type {HostFacts} from '../../facts/host-facts.ts';
import type {MediatedDevice} from '../../facts/mediated.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {AssignedMediatedDevice, Plan, PlannedDevice} from '../../plan/plan.ts';
import {mediatedUnitPaths} from './unit.ts';

/** The parent still makes slices, and the guest's is there and what it was. */
export const mediatedPromises = (facts: HostFacts, plan: Plan, {assigned}: PlannedDevice): readonly PromiseResult[] => {
  if (assigned.type !== 'mediated-device') return [];
  return [
    parentPromise(facts, assigned),
    ...(assigned.madeBy === 'unit' ? [devicePromise(facts, plan, assigned)] : []),
  ];
};

const parentPromise = ({mediated}: HostFacts, {parent, mdevType}: AssignedMediatedDevice): PromiseResult => {
  const found = mediated.parents.find(({name}) => name === parent);
  const isKept = found?.types.some(({id}) => id === mdevType) === true;
  return {
    id: 'mdev-parent',
    status: isKept ? 'kept' : 'broken',
    promise: `${parent} stays with the host, and its driver offers ${mdevType}.`,
    fact:
      found === undefined
        ? 'It makes no mediated devices.'
        : isKept
          ? `It does${found.driver === null ? '' : `, with ${found.driver}`}.`
          : `It offers ${found.types.map(({id}) => id).join(', ') || 'nothing'}.`,
    remedy: isKept
      ? null
      : `Look whether its driver is loaded and has it (\`ls -l /sys/class/mdev_bus/${parent}/driver\`).`,
  };
};

const devicePromise = ({mediated}: HostFacts, {guest}: Plan, slice: AssignedMediatedDevice): PromiseResult => {
  const {uuid, parent, mdevType} = slice;
  const found = mediated.devices.find((one) => one.uuid === uuid) ?? null;
  const isSame = found?.parent === parent && found.type === mdevType;
  return {
    id: 'mdev-device',
    status: isSame ? 'kept' : 'broken',
    promise: `${uuid} is ${mdevType} of ${parent}, as the guest has it.`,
    fact: found === null ? 'It is not there.' : isSame ? 'It is.' : describeOther(found),
    remedy: isSame
      ? null
      : found === null
        ? `\`systemctl status ${mediatedUnitPaths(guest.name).unitName}\` says why.`
        : `Something else has made it. Take it away (\`mdevctl stop --uuid ${uuid}\`), and start ${mediatedUnitPaths(guest.name).unitName}.`,
  };
};

const describeOther = ({parent, type}: MediatedDevice): string => `It is ${type ?? 'an unknown type'} of ${parent}.`;
