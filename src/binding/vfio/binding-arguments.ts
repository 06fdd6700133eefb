import {kernelsOf, moduleState} from '../../facts/modules.ts';
import {configuredArguments} from '../../plan/arguments/host-command-line.ts';
import type {Part} from '../../plan/arguments/part.ts';
import type {PlanContext} from '../../plan/context.ts';
import {type ChosenDevices, lostFunctions} from '../../plan/device/chosen-devices.ts';
import {idList, idOf} from '../../plan/device/describe-function.ts';
import type {BindBy, BindingPlan, KernelArgument} from '../../plan/plan.ts';
import {listWords} from '../../words/list-words.ts';

/** An old `vfio-pci.ids=` is stale when it names nothing but chosen or absent cards; one that binds other cards stays. */
export const chooseIdArguments = (context: PlanContext, chosen: ChosenDevices, bindBy: BindBy): Part => {
  const functions = lostFunctions(chosen);
  const isOnCommandLine =
    bindBy === 'ids' && kernelsOf(context.facts).some((kernel) => moduleState(kernel, 'vfio_pci') === 'built-in');
  const add = isOnCommandLine
    ? [
        {
          text: `vfio-pci.ids=${idList(functions)}`,
          because: 'vfio-pci is built into this kernel, so modprobe.d options do not reach it',
        },
      ]
    : [];
  const addresses = new Set(functions.map((device) => device.address));
  const stale: KernelArgument[] = [];
  for (const value of configuredArguments(context.facts, 'vfio-pci.ids')) {
    if (add.some((argument) => argument.text.endsWith(`=${value}`))) continue;
    const bound = context.facts.pci.filter(
      (device) =>
        !addresses.has(device.address) &&
        value
          .toLowerCase()
          .split(',')
          .some((id) => id.split(':').slice(0, 2).join(':') === idOf(device)),
    );
    if (bound.length > 0 && bindBy !== 'ids') {
      context.report('warning', 'kernel-argument-conflict', {
        subject: 'kernelArguments',
        message: `vfio-pci.ids=${value} is configured already and binds ${listWords(bound.map((device) => device.address))}, which this profile does not name; it stays unchanged.`,
        remedy: 'If nothing else needs it, remove it by hand.',
      });
      continue;
    }
    const because =
      bindBy === 'ids'
        ? 'replaced by the ids of this profile'
        : 'it names no card that stays with the host: an earlier setup, replaced by binding by address';
    for (const spelling of ['vfio-pci.ids', 'vfio_pci.ids']) stale.push({text: `${spelling}=${value}`, because});
  }
  return {add, remove: stale};
};

export const builtInOptionArguments = (binding: BindingPlan): Part => {
  const add = binding.builtInOptions.map((option) => ({
    text: `${option.module}.${option.parameter}=${option.value}`,
    because: `${option.module} is built into this kernel, so modprobe.d options do not reach it; ${option.because}`,
  }));
  return {add, owned: add.map((argument) => argument.text.slice(0, argument.text.indexOf('=')))};
};
