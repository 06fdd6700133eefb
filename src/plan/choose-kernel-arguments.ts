import {kernelsOf, moduleState} from '../host/module-state.ts';
import type {ChosenDevices} from './choose-devices.ts';
import type {BindBy} from './choose-bind-by.ts';
import type {PlanContext} from './context.ts';
import {configuredArguments, lastingArguments, runningArguments} from './host-command-line.ts';
import {idList, idOf} from './describe-function.ts';
import {withoutGuarded} from './guard-kernel-arguments.ts';
import {hugepageArguments} from './hugepage-arguments.ts';
import {isolationArguments} from './isolation-arguments.ts';
import type {BindingPlan, IsolationPlan, KernelArgument, KernelArgumentPlan, MemoryPlan} from './plan.ts';

type Decided = {readonly bindBy: BindBy; readonly binding: BindingPlan; readonly memory: MemoryPlan; readonly isolation: IsolationPlan};

export type Part = {readonly add?: readonly KernelArgument[]; readonly remove?: readonly KernelArgument[]; readonly owned?: readonly string[]};

export const chooseKernelArguments = (
  context: PlanContext,
  chosen: ChosenDevices,
  {bindBy, binding, memory, isolation}: Decided,
): KernelArgumentPlan => {
  const parts: readonly Part[] = [
    chooseIommu(context, chosen),
    choosePassthroughMode(context),
    chooseIds(context, chosen, bindBy),
    chooseBuiltInOptions(binding),
    hugepageArguments(context, memory),
    isolationArguments(context, isolation),
  ];
  const add = withoutGuarded(context, parts.flatMap((part) => part.add ?? []));
  for (const argument of add) context.decide('kernelArguments', argument.text, argument.because);
  return {
    add,
    remove: parts.flatMap((part) => part.remove ?? []),
    ownedKeys: parts.flatMap((part) => part.owned ?? []),
  };
};

/** AMD needs nothing (`amd_iommu=on` does not exist); Intel depends on how the kernel was built. */
const chooseIommu = (context: PlanContext, chosen: ChosenDevices): Part => {
  const {cpu, kernel, iommu} = context.facts;
  if (cpu.vendor !== 'GenuineIntel') return {};
  const lasting = lastingArguments(context.facts, 'intel_iommu');
  const running = runningArguments(context.facts, 'intel_iommu');
  if (isOn(lasting) && isOn(running)) {
    context.decide('kernelArguments', 'intel_iommu as it is', `intel_iommu=${lasting.join(', ')} is configured already, and in effect`);
    return {};
  }
  const isIntegrated = chosen.assigned.some(({function: device}) => device.vendor === '8086' && device.address.endsWith(':00:02.0'));
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
  if (lasting.some((value) => value.split(',').includes('off'))) return 'intel_iommu=off is configured, and passthrough needs the IOMMU';
  if (config?.['INTEL_IOMMU_DEFAULT_ON'] === 'y') return null;
  if (config?.['INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF'] === 'y') return isIntegrated ? 'this kernel leaves the integrated GPU out of the IOMMU unless it is told (INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF)' : null;
  if (config !== null) return 'this kernel leaves VT-d off unless it is told (INTEL_IOMMU_DEFAULT_ON is not set)';
  return isActiveByDefault ? null : 'the IOMMU does not come up without it here, as far as can be told (the kernel config is not readable)';
};

const choosePassthroughMode = (context: PlanContext): Part =>
  context.profile.host.iommuPassthrough
    ? {add: [{text: 'iommu=pt', because: 'you asked for it: devices of the host bypass translation; it makes no difference to the guest'}], owned: ['iommu']}
    : {};

/** An old `vfio-pci.ids=` is stale when it names nothing but chosen or absent cards; one that binds other cards stays. */
const chooseIds = (context: PlanContext, chosen: ChosenDevices, bindBy: BindBy): Part => {
  const functions = [...chosen.assigned.map((device) => device.function), ...chosen.groupMates];
  const isOnCommandLine = bindBy === 'ids' && kernelsOf(context.facts).some((kernel) => moduleState(kernel, 'vfio_pci') === 'built-in');
  const add = isOnCommandLine
    ? [{text: `vfio-pci.ids=${idList(functions)}`, because: 'vfio-pci is built into this kernel, so modprobe.d options do not reach it'}]
    : [];
  const addresses = new Set(functions.map((device) => device.address));
  const stale: KernelArgument[] = [];
  for (const value of configuredArguments(context.facts, 'vfio-pci.ids')) {
    if (add.some((argument) => argument.text.endsWith(`=${value}`))) continue;
    const bound = context.facts.pci.filter((device) => !addresses.has(device.address) && value.toLowerCase().split(',').some((id) => id.split(':').slice(0, 2).join(':') === idOf(device)));
    if (bound.length > 0 && bindBy !== 'ids') {
      context.report('warning', 'kernel-argument-conflict', {
        subject: 'kernelArguments',
        message: `vfio-pci.ids=${value} is configured already and binds ${bound.map((device) => device.address).join(' and ')}, which this profile does not name; it is left as it is.`,
        remedy: 'If nothing else needs it, remove it by hand.',
      });
      continue;
    }
    const because = bindBy === 'ids' ? 'replaced by the ids of this profile' : 'it names no card that stays with the host: an earlier setup, replaced by binding by address';
    for (const spelling of ['vfio-pci.ids', 'vfio_pci.ids']) stale.push({text: `${spelling}=${value}`, because});
  }
  return {add, remove: stale};
};

const chooseBuiltInOptions = (binding: BindingPlan): Part => {
  const add = binding.builtInOptions.map((option) => ({
    text: `${option.module}.${option.parameter}=${option.value}`,
    because: `${option.module} is built into this kernel, so modprobe.d options do not reach it; ${option.because}`,
  }));
  return {add, owned: add.map((argument) => argument.text.slice(0, argument.text.indexOf('=')))};
};
