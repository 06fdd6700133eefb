import {isIntelIntegrated} from '../facts/pci.ts';
import {describeSwitch, type IommuSwitch, iommuSwitches} from '../facts/iommu-switches.ts';
import {iommuVendorOf} from '../facts/iommu-vendor.ts';
import type {PlanContext} from '../plan/context.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {lastingArguments, runningArguments} from '../plan/arguments/host-command-line.ts';
import type {Part} from '../plan/arguments/part.ts';
import {assignedFunctions, type ChosenDevices} from '../plan/device/chosen-devices.ts';

/** What turns the IOMMU off goes, whoever wrote it. Then AMD needs nothing (`amd_iommu=on` does not exist). */
export const chooseIommu = (context: PlanContext, chosen: ChosenDevices): Part => {
  const {facts} = context;
  const remove = lastingSwitches(facts)
    .filter(({key}) => key !== 'intel_iommu')
    .map((one) => ({
      text: one.text,
      because: `passthrough needs the IOMMU, and ${describeSwitch(facts.files, one)} turns it off`,
    }));
  const part = iommuVendorOf(facts.iommu, facts.cpu) === 'intel' ? chooseIntelIommu(context, chosen) : {};
  return {...part, remove};
};

/** Of the next boot, and of this one where no file says what the next one has. */
const lastingSwitches = ({boot, iommu, cpu}: HostFacts): readonly IommuSwitch[] =>
  (boot.next ?? [boot.commandLine]).flatMap((line) => iommuSwitches(line, iommuVendorOf(iommu, cpu)));

/** It depends on how the kernel was built. */
const chooseIntelIommu = (context: PlanContext, chosen: ChosenDevices): Part => {
  const {kernel, iommu} = context.facts;
  const isIntegrated = assignedFunctions(chosen).some(isIntelIntegrated);
  const lasting = lastingArguments(context.facts, 'intel_iommu');
  const running = runningArguments(context.facts, 'intel_iommu');
  const hidden = lasting.find((value) => value.split(',').includes('igfx_off'));
  if (isIntegrated && hidden !== undefined) {
    const kept = hidden.split(',').filter((part) => part !== 'igfx_off' && part !== 'on' && part !== 'off');
    const because = `intel_iommu=${hidden} leaves the integrated GPU out of the IOMMU, and the guest is to have it`;
    return {add: [{text: `intel_iommu=${['on', ...kept].join(',')}`, because}], owned: ['intel_iommu']};
  }
  if (isOn(lasting) && isOn(running)) {
    context.decide(
      'kernelArguments',
      'intel_iommu unchanged',
      `intel_iommu=${lasting.join(', ')} is configured already, and in effect`,
    );
    return {};
  }
  const isActiveByDefault = iommu.active && running.length === 0;
  const because = whyIntelIommu(kernel.config, isActiveByDefault, lasting, isIntegrated);
  // Written already, but this boot does not have it: not booted with yet, or undone by a later assignment.
  const text = `intel_iommu=${isOn(lasting) ? lasting.at(-1) : 'on'}`;
  return because === null ? {} : {add: [{text, because}], owned: ['intel_iommu']};
};

const isOn = (values: readonly string[]): boolean =>
  values.some((value) => value.split(',').includes('on')) && !values.some((value) => value.split(',').includes('off'));

const whyIntelIommu = (
  config: Readonly<Record<string, string>> | null,
  isActiveByDefault: boolean,
  lasting: readonly string[],
  isIntegrated: boolean,
): string | null => {
  if (lasting.some((value) => value.split(',').includes('off')))
    return 'intel_iommu=off is configured, and passthrough needs the IOMMU';
  if (config?.['INTEL_IOMMU_DEFAULT_ON'] === 'y') return null;
  if (config?.['INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF'] === 'y')
    return isIntegrated
      ? 'this kernel leaves the integrated GPU out of the IOMMU without it (INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF)'
      : null;
  if (config !== null) return 'this kernel leaves VT-d off without it (INTEL_IOMMU_DEFAULT_ON is not set)';
  return isActiveByDefault
    ? null
    : 'the IOMMU does not come up without it here, as far as is known (the kernel config is not readable)';
};

export const choosePassthroughMode = (context: PlanContext): Part =>
  context.profile.host.iommuPassthrough
    ? {
        add: [
          {
            text: 'iommu=pt',
            because: 'you asked for it: devices of the host bypass translation; it makes no difference to the guest',
          },
        ],
        owned: ['iommu'],
      }
    : {};
