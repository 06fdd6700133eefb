import type {HostFacts, PciFunction} from '../host/facts.ts';
import {isBuiltIn} from '../host/module-state.ts';
import type {BindBy} from './choose-bind-by.ts';
import type {ChosenDevices} from './choose-devices.ts';
import {chooseInitramfsModules, judgeVfioModule} from './choose-initramfs-modules.ts';
import {chooseModuleOptions} from './choose-module-options.ts';
import {silently} from './context.ts';
import type {PlanContext} from './context.ts';
import {describeFunction} from './describe-function.ts';
import {keptBindings} from './kept-bindings.ts';
import type {BindingPlan} from './plan.ts';
import {ownValue} from '../own-value.ts';

export const chooseBinding = (context: PlanContext, chosen: ChosenDevices, bindBy: BindBy, variants: readonly string[]): BindingPlan => {
  const functions = [...chosen.assigned.map((device) => device.function), ...chosen.groupMates];
  judgeVfioModule(context);
  const kept = keptBindings(context, functions);
  if (kept.length > 0) context.decide('binding', kept.map(({address}) => address).join(', '), 'other guests have them, and an earlier profile binds them at boot: that stays');
  return {
    softdeps: [...new Set([...(bindBy === 'libvirt' ? [] : chooseSoftdeps(context, functions)), ...chooseSoftdeps(silently(context), kept)])],
    ...chooseModuleOptions(context, functions, bindBy),
    initramfsModules: bindBy === 'libvirt' && kept.length === 0 ? [] : chooseInitramfsModules(context, variants),
    byAddress: [...(bindBy === 'address' ? functions : []), ...kept].map((device) => device.address),
  };
};

/** Modules that modprobe could load for these functions; a driver that is built in was there before any softdep. */
const chooseSoftdeps = (context: PlanContext, functions: readonly PciFunction[]): readonly string[] => {
  const softdeps = new Set<string>();
  for (const device of functions) {
    for (const module of likelyModules(context.facts, device)) {
      if (isBuiltIn(context.facts, module)) reportBuiltIn(context, device, module);
      else softdeps.add(module);
    }
  }
  return [...softdeps];
};

const reportBuiltIn = (context: PlanContext, device: PciFunction, module: string): void => {
  context.report('warning', 'driver-built-in', {
    subject: device.address,
    message: `The driver ${module} of ${describeFunction(device)} is built into this kernel: it takes the function before anything of ours can run.`,
    remedy: 'libvirt takes it over when the guest starts (managed=yes). If that fails, a kernel with this driver as a module is needed.',
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
  return [...new Set([...named, ...added].filter((module) => module !== '').map((module) => module.replaceAll('-', '_')))];
};
