import type {HostFacts} from '../../facts/host-facts.ts';
import {parseVmPci} from '../../formats/xapi/vm-pci.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {Plan} from '../../plan/plan.ts';
import {argumentPromises, pinPromises, runsPromise} from '../xen/promises.ts';
import {functionsOf, maskOf} from './guest/render-vm.ts';
import {usbPromises} from './usb/promises.ts';
import {type XapiPlan, xapiPlanOf} from './xapi-facts.ts';
import {listWords} from '../../words/list-words.ts';

/** What is seen of Xen after the boot, what XAPI keeps of the VM, and its vCPUs while it runs. */
export const xapiPromises = (facts: HostFacts, planned: Plan): readonly PromiseResult[] => {
  const plan = xapiPlanOf(planned);
  return [
    runsPromise(facts),
    ...argumentPromises(facts, plan),
    ...vmPromises(facts, plan),
    ...usbPromises(facts, plan),
    ...pinPromises(facts, plan),
  ];
};

const vmPromises = ({virtualisation}: HostFacts, plan: XapiPlan): readonly PromiseResult[] => {
  const {uuid, name} = plan.guest;
  const vms = virtualisation.kind === 'xen' ? (virtualisation.xapi?.vms ?? null) : null;
  const vm = vms?.find((one) => one.uuid === uuid) ?? null;
  const wanted = functionsOf(plan);
  const given = parseVmPci(vm?.pci ?? '').devices.map(({address}) => address);
  const mask = maskOf(plan);
  const result = (id: PromiseResult['id'], promise: string, isKept: boolean, fact: string): PromiseResult => ({
    id,
    status: vms === null ? 'unknown' : isKept ? 'kept' : 'broken',
    promise,
    fact: vms === null ? '`xe vm-list` gave no answer.' : vm === null ? 'There is no such VM any more.' : fact,
    remedy: vms === null || isKept ? null : 'Make a new plan of this capture, and a new script.',
  });
  return [
    ...(wanted.length === 0
      ? []
      : [
          result(
            'xapi-vm-devices',
            `The VM ${name} gets ${listWords(wanted)}.`,
            wanted.every((address) => given.includes(address)),
            `XAPI has other-config:pci ${vm?.pci ?? 'empty'}.`,
          ),
        ]),
    ...(mask === null
      ? []
      : [
          result(
            'xapi-vm-mask',
            `XAPI pins its vCPUs to ${mask}.`,
            vm?.mask === mask,
            `VCPUs-params:mask is ${vm?.mask ?? 'empty'}.`,
          ),
        ]),
  ];
};
