import type {Part} from '../../plan/arguments/part.ts';
import type {PlanContext} from '../../plan/context.ts';
import {assignedFunctions, type ChosenDevices} from '../../plan/device/chosen-devices.ts';
import {listWords} from '../../words/list-words.ts';

const key = 'extra_guest_irqs';
/** What XCP-ng's documentation names; its Xen has 64 where nothing is said. */
const wanted = 128;

/**
 * Each interrupt vector of a device takes a line of the guest's. A graphics card needs one or two; an NVMe drive takes one
 * for each vCPU and one more, and with too few of them the guest is slow beyond use (xcp-ng/xcp issue 560).
 */
export const extraInterrupts = (context: PlanContext, chosen: ChosenDevices): Part => {
  const drives = assignedFunctions(chosen).filter(({class: kind}) => kind.startsWith('0108'));
  if (drives.length === 0) return {};
  const present = (context.facts.boot.hypervisorNext ?? [])
    .flatMap((line) => line.split(/\s+/))
    .findLast((word) => word.startsWith(`${key}=`));
  const [forGuests = '', ...forDom0] = (present ?? '').slice(key.length + 1).split(',');
  if (/^\d+$/.test(forGuests) && Number(forGuests) >= wanted) return {};
  return {
    add: [
      {
        text: `${key}=${[wanted, ...forDom0].join(',')}`,
        because: `${listWords(drives.map(({address}) => address))} ${drives.length === 1 ? 'is an NVMe drive' : 'are NVMe drives'}, which takes an interrupt for each vCPU, and a guest has ${present === undefined ? '64' : forGuests || 'none'} more than its own`,
      },
    ],
    owned: [key],
  };
};
