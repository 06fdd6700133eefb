import type {HostFacts, PciFunction} from '../host/facts.ts';
import type {ChosenDevices} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction, idOf} from './describe-function.ts';
import type {BindingPlan, PlannedDevice} from './plan.ts';

export type BindBy = PlannedDevice['bindBy'];

export const chooseBindBy = (context: PlanContext, chosen: ChosenDevices): BindBy => {
  const wanted = context.profile.binding;
  if (wanted === 'ids') return chooseIds(context, chosen);
  if (wanted === 'libvirt') {
    context.decide('binding', 'libvirt', 'you asked for it: libvirt takes the card from its driver when the guest starts (managed=yes)');
    return 'libvirt';
  }
  context.decide('binding', 'address', 'an address names exactly this card; vfio-pci.ids= takes every card with the same ids');
  return 'address';
};

const chooseIds = (context: PlanContext, chosen: ChosenDevices): BindBy => {
  const taken = [...chosen.assigned.map((device) => device.function), ...chosen.groupMates];
  const ids = new Set(taken.map(idOf));
  const others = context.facts.pci.filter((device) => ids.has(idOf(device)) && !taken.some((one) => one.address === device.address));
  if (others.length > 0) {
    context.report('blocker', 'binding-ids-ambiguous', {
      subject: 'binding',
      message: `Binding by ids would also take ${others.map(describeFunction).join(' and ')} from the host.`,
      remedy: 'Set binding: address (the default).',
    });
  }
  context.decide('binding', 'ids', others.length === 0 ? 'you asked for it, and no other device of this machine has these ids' : 'you asked for it');
  return 'ids';
};

export const chooseBinding = (context: PlanContext, chosen: ChosenDevices, bindBy: BindBy): BindingPlan => {
  const functions = [...chosen.assigned.map((device) => device.function), ...chosen.groupMates];
  const options = chooseModuleOptions(context, functions, bindBy);
  return {
    softdeps: bindBy === 'libvirt' ? [] : chooseSoftdeps(context, functions),
    moduleOptions: options.filter((option) => !isBuiltIn(context.facts, option.module)),
    builtInOptions: options.filter((option) => isBuiltIn(context.facts, option.module)),
    initramfsModules: bindBy === 'libvirt' ? [] : chooseInitramfsModules(context.facts),
    byAddress: bindBy === 'address' ? functions.map((device) => device.address) : [],
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
  const bound = device.driver === null ? [] : [moduleOfDriver[device.driver] ?? device.driver];
  const named = device.modules === null ? usualModules(device) : device.modules;
  const added = device.modules === null ? bound : bound.filter((module) => isBuiltIn(facts, module));
  return [...new Set([...named, ...added].filter((module) => module !== '').map((module) => module.replaceAll('-', '_')))];
};

const chooseModuleOptions = (context: PlanContext, functions: readonly PciFunction[], bindBy: BindBy): BindingPlan['moduleOptions'] => {
  const {host} = context.profile;
  const options: BindingPlan['moduleOptions'][number][] = [];
  if (bindBy === 'ids' && !isBuiltIn(context.facts, 'vfio_pci')) {
    options.push({module: 'vfio-pci', parameter: 'ids', value: idList(functions), because: 'these ids belong to the chosen devices and to no others here'});
  }
  if (judgeUnsafeInterrupts(context)) {
    options.push({
      module: 'vfio_iommu_type1',
      parameter: 'allow_unsafe_interrupts',
      value: '1',
      because: 'no interrupt remapping: a hostile guest can send interrupts to the host; you allowed it',
    });
  }
  if (host.ignoreMsrs) options.push({module: 'kvm', parameter: 'ignore_msrs', value: '1', because: 'you asked for it (host.ignoreMsrs)'});
  if (host.disableIdleD3) options.push({module: 'vfio-pci', parameter: 'disable_idle_d3', value: '1', because: 'you asked for it (host.disableIdleD3): the card does not wake from D3'});
  return options;
};

export const idList = (functions: readonly PciFunction[]): string => [...new Set(functions.map(idOf))].join(',');

/** Returns whether the option is to be set. It is never set because it might help: only when the user says so. */
const judgeUnsafeInterrupts = (context: PlanContext): boolean => {
  const {interruptRemapping} = context.facts.iommu;
  const isAllowed = context.profile.host.allowUnsafeInterrupts;
  if (interruptRemapping === true) {
    if (isAllowed) context.decide('host.allowUnsafeInterrupts', 'not set', 'this machine remaps interrupts, so the unsafe setting is not needed');
    return false;
  }
  if (isAllowed) {
    context.report('warning', 'unsafe-interrupts-allowed', {
      subject: 'host.allowUnsafeInterrupts',
      message: `${interruptRemapping === false ? 'This machine cannot remap interrupts' : 'Whether this machine remaps interrupts could not be read'}; with allow_unsafe_interrupts=1 a hostile guest can send any interrupt to the host and may take it over.`,
      remedy: 'Run only guests that you trust.',
    });
    return true;
  }
  if (interruptRemapping === false) {
    context.report('blocker', 'interrupt-remapping-missing', {
      subject: 'host.allowUnsafeInterrupts',
      message: 'This machine does not remap interrupts, so the kernel refuses to give out devices: a guest could send any interrupt to the host.',
      remedy: "Look for 'Interrupt Remapping' or 'x2APIC' in the firmware set-up. If you run only guests that you trust, say so in words: host.allowUnsafeInterrupts: yes.",
    });
  }
  return false;
};

/** vfio_virqfd was folded into vfio in 6.2; naming it later makes update-initramfs complain. */
const chooseInitramfsModules = (facts: HostFacts): readonly string[] => {
  const {version, modules} = facts.kernel;
  const hasVirqfd = modules?.includes('vfio_virqfd') ?? (version !== null && (version.major < 6 || (version.major === 6 && version.minor < 2)));
  const wanted = ['vfio_pci', 'vfio', 'vfio_iommu_type1', ...(hasVirqfd ? ['vfio_virqfd'] : [])];
  return wanted.filter((module) => !isBuiltIn(facts, module));
};

export const isBuiltIn = (facts: HostFacts, module: string): boolean => facts.kernel.builtin?.includes(module.replaceAll('-', '_')) ?? false;
