import {ownValue} from '../../decode/own-value.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {isBuiltIn} from '../../facts/modules.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {type ChosenDevices, lostFunctions} from '../../plan/device/chosen-devices.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {BindBy, BindingPlan} from '../../plan/plan.ts';
import {keptBindings} from './choose-bind-by.ts';
import {chooseInitramfsModules, chooseModuleOptions, judgeVfioModule} from './choose-module-options.ts';

export const chooseBinding = (
  context: PlanContext,
  chosen: ChosenDevices,
  bindBy: BindBy,
  variants: readonly string[],
): BindingPlan => {
  const functions = lostFunctions(chosen);
  judgeVfioModule(context);
  const kept = keptBindings(context, functions);
  if (kept.length > 0)
    context.decide(
      'binding',
      kept.map(({address}) => address).join(', '),
      'other guests have them, and an earlier profile binds them at boot: that stays',
    );
  if (bindBy !== 'libvirt') for (const device of functions) judgeBuiltIn(context, device);
  return {
    kind: 'vfio',
    by: bindBy,
    softdeps: [
      ...new Set([
        ...(bindBy === 'libvirt' ? [] : softdepsOf(context.facts, functions)),
        ...softdepsOf(context.facts, kept),
      ]),
    ],
    ...chooseModuleOptions(context, functions, bindBy),
    initramfsModules: bindBy === 'libvirt' && kept.length === 0 ? [] : chooseInitramfsModules(context, variants),
    byAddress: [...(bindBy === 'address' ? functions : []), ...kept].map((device) => device.address),
  };
};

/** Modules that modprobe could load for these functions; a driver that is built in was there before any softdep. */
const softdepsOf = (facts: HostFacts, functions: readonly PciFunction[]): readonly string[] =>
  functions.flatMap((device) => likelyModules(facts, device).filter((module) => !isBuiltIn(facts, module)));

const judgeBuiltIn = (context: PlanContext, device: PciFunction): void => {
  for (const module of likelyModules(context.facts, device).filter((name) => isBuiltIn(context.facts, name)))
    context.report('warning', 'driver-built-in', {
      subject: device.address,
      message: `The driver ${module} of ${describeFunction(device)} is built into this kernel: it takes the function before anything of our own can run.`,
      remedy: `${context.can.starter} takes it over when the guest starts. If that fails, a kernel with this driver as a module is needed.`,
    });
};

/** sysfs names the driver, modprobe needs the module: the few that differ (kernel: drivers/usb/host, drivers/i2c/busses). */
const moduleOfDriver: Readonly<Record<string, string>> = {
  xhci_hcd: 'xhci_pci',
  'nvidia-gpu': 'i2c_nvidia_gpu',
  'vfio-pci': '',
  pcieport: '',
  'pci-stub': '',
};

/** Where modules.alias can't be read: what kernels load for the functions of a graphics card. */
const usualModules = (device: PciFunction): readonly string[] => {
  const base = device.class.slice(0, 4);
  if (base.startsWith('03') && device.vendor === '10de') return ['nouveau', 'nvidia', 'nvidia_drm'];
  if (base.startsWith('03') && device.vendor === '1002') return ['amdgpu', 'radeon'];
  if (base.startsWith('03') && device.vendor === '8086') return ['i915', 'xe'];
  if (base === '0403') return ['snd_hda_intel'];
  if (device.class === '0c0330') return ['xhci_pci'];
  if (base === '0c80' && device.vendor === '10de') return ['i2c_nvidia_gpu'];
  return [];
};

/** Where modules.alias is readable the bound driver adds nothing but what is built in: its name need not be a module's (bochs-drm). */
const likelyModules = (facts: HostFacts, device: PciFunction): readonly string[] => {
  const bound = device.driver === null ? [] : [ownValue(moduleOfDriver, device.driver) ?? device.driver];
  const named = device.modules === null ? usualModules(device) : device.modules;
  const added = device.modules === null ? bound : bound.filter((module) => isBuiltIn(facts, module));
  return [
    ...new Set([...named, ...added].filter((module) => module !== '').map((module) => module.replaceAll('-', '_'))),
  ];
};
