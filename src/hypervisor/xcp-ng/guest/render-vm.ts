import {type AnswerEffect, plainAnswer} from '../../../artifacts/answer.ts';
import type {CommandArtifact} from '../../../artifacts/artifact.ts';
import {joinRendered, type Rendered} from '../../../artifacts/rendered.ts';
import type {HostFacts} from '../../../facts/host-facts.ts';
import {renderMask} from '../../../formats/xapi/vcpu-mask.ts';
import {mergeVmPci} from '../../../formats/xapi/vm-pci.ts';
import type {Plan} from '../../../plan/plan.ts';
import {renderUsb} from '../usb/render-usb.ts';
import {type XapiPlan, xapiOf, xapiPlanOf} from '../xapi-facts.ts';
import {xe} from '../xe.ts';

/** Two keys of the VM in XAPI's database, each with what it was before, and its USB devices. */
export const renderVm = (facts: HostFacts, planned: Plan): Rendered => {
  const plan = xapiPlanOf(planned);
  const vm = xapiOf(facts).xapi.vms?.find(({uuid}) => uuid === plan.guest.uuid);
  if (vm === undefined) return {artifacts: [], findings: []};
  const mask = maskOf(plan);
  const functions = functionsOf(plan);
  return joinRendered([
    {
      artifacts: [
        ...(functions.length === 0
          ? []
          : setting(vm.uuid, 'other-config', 'pci', vm.pci, mergeVmPci(vm.pci ?? '', functions), [
              `the VM ${vm.name} takes ${functions.join(', ')}`,
            ])),
        ...(mask === null
          ? []
          : setting(vm.uuid, 'VCPUs-params', 'mask', vm.mask, mask, [
              `each vCPU of ${vm.name} on a CPU of its own, and its memory near them`,
            ])),
      ],
      findings: [],
    },
    renderUsb(facts, plan),
  ]);
};

export const functionsOf = ({devices}: XapiPlan) =>
  devices.flatMap(({assigned}) => (assigned.type === 'pci' ? [assigned.address] : []));

/** `null`: the plan pins nothing, and what the VM has stays. */
export const maskOf = ({pinning}: XapiPlan): string | null =>
  pinning.vcpus.length === 0
    ? null
    : renderMask([...pinning.vcpus].sort((one, other) => one.vcpu - other.vcpu).map(({cpus}) => cpus));

const setting = (
  uuid: string,
  map: 'other-config' | 'VCPUs-params',
  key: string,
  before: string | null,
  after: string,
  why: readonly string[],
): readonly CommandArtifact[] => {
  if (before === after) return [];
  const set = (value: string) => xe('vm-param-set', `uuid=${uuid}`, `${map}:${key}=${value}`);
  return [
    {
      kind: 'command',
      argv: set(after),
      undo:
        before === null ? xe('vm-param-remove', `uuid=${uuid}`, `param-name=${map}`, `param-key=${key}`) : set(before),
      triggers: [],
      timeoutSeconds: 120,
      effect: {
        ...plainAnswer,
        kind: 'answer',
        ask: xe('vm-param-get', `uuid=${uuid}`, `param-name=${map}`, `param-key=${key}`),
        // Without that key the question fails, as it does where XAPI does not answer at all.
        alive: xe('vm-list', `uuid=${uuid}`, 'params=uuid', '--minimal'),
        before: before ?? '',
        after,
      } satisfies AnswerEffect,
      why,
    },
  ];
};
