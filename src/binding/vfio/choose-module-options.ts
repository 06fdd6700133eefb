import {kernelsOf, moduleState} from '../../facts/modules.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {idList} from '../../plan/device/describe-function.ts';
import type {BindBy, BindingPlan, ModuleOption} from '../../plan/plan.ts';
import {keptOptions} from './choose-bind-by.ts';
import {listWords} from '../../words/list-words.ts';

/**
 * One list serves the images of all kernels. A name that one of them does not know makes dracut and mkinitcpio fail and
 * update-initramfs complain; what only some have (vfio_virqfd, folded into vfio in 6.2) comes along there all the same,
 * since modules.dep names it behind vfio-pci. A name that is built in is no mistake to any of them.
 */
export const chooseInitramfsModules = (context: PlanContext, variants: readonly string[]): readonly string[] => {
  const kernels = kernelsOf(context.facts).filter((kernel) => moduleState(kernel, 'vfio_pci') !== 'absent');
  const isEverywhere = (module: string): boolean => kernels.every((kernel) => moduleState(kernel, module) !== 'absent');
  const isLoaded = (module: string): boolean => kernels.some((kernel) => moduleState(kernel, module) === 'loadable');
  const isUnknown = (module: string): boolean => kernels.some((kernel) => moduleState(kernel, module) === 'unknown');
  const certain = ['vfio_pci', 'vfio', 'vfio_iommu_type1'].filter(
    (module) => isEverywhere(module) && (isLoaded(module) || isUnknown(module)),
  );
  const dependent = ['vfio_virqfd', ...new Set(variants)].filter(
    (module) => isEverywhere(module) && isLoaded(module) && !isUnknown(module),
  );
  return [...certain, ...dependent];
};

/** Whoever binds the device, there must be something to bind it to. */
export const judgeVfioModule = (context: PlanContext): void => {
  const {facts} = context;
  const kernels = kernelsOf(facts);
  const lacking = kernels.filter((kernel) => moduleState(kernel, 'vfio_pci') === 'absent').map(({release}) => release);
  if (lacking.length === 0) return;
  const isRunning = lacking.length === kernels.length || lacking.some((release) => release === facts.kernel.release);
  context.report(isRunning ? 'blocker' : 'warning', 'vfio-module-missing', {
    subject: 'binding',
    message: `Kernel ${listWords(lacking)} has no vfio-pci, neither as a module nor built in${isRunning ? '' : ': started with it, no device can go to the guest, and its image stays unchanged'}.`,
    remedy: isRunning
      ? 'Install a kernel with CONFIG_VFIO_PCI and start it; cloud and minimal kernels leave it out (Debian: linux-image-amd64 and not linux-image-cloud-amd64).'
      : 'Remove that kernel if it is not needed.',
  });
};

/** Where a module is built in, modprobe.d does not reach it and the kernel's command line does; both, where kernels differ. */
export const chooseModuleOptions = (
  context: PlanContext,
  functions: readonly PciFunction[],
  bindBy: BindBy,
): Pick<BindingPlan, 'moduleOptions' | 'builtInOptions'> => {
  const own = wantedOptions(context, functions, bindBy);
  const options = [...own, ...keptOptions(context, functions, own)].filter((option) => isKnown(context, option));
  const isIn = ({module}: ModuleOption, state: 'built-in' | 'not built-in'): boolean =>
    kernelsOf(context.facts).some((kernel) => (moduleState(kernel, module) === 'built-in') === (state === 'built-in'));
  return {
    moduleOptions: options.filter((option) => isIn(option, 'not built-in')),
    // The ids are an argument of their own, which replaces older ones.
    builtInOptions: options.filter((option) => option.parameter !== 'ids' && isIn(option, 'built-in')),
  };
};

/** A kernel says "unknown parameter … ignored" and goes on, so a missing one is reported here. */
const isKnown = (context: PlanContext, {module, parameter}: ModuleOption): boolean => {
  const name = module.replaceAll('-', '_');
  const told = kernelsOf(context.facts).filter((kernel) => kernel.parameters[name] !== undefined);
  const lacking = told
    .filter((kernel) => kernel.parameters[name]?.includes(parameter) !== true)
    .map(({release}) => release);
  if (lacking.length === 0) return true;
  const isNowhere = lacking.length === kernelsOf(context.facts).length;
  context.report('warning', 'module-parameter-missing', {
    subject: 'host',
    message: `The module ${module} of kernel ${listWords(lacking)} has no parameter ${parameter}${isNowhere ? ', so it is not set' : '; that kernel ignores it'}.`,
    remedy: isNowhere
      ? 'Take the wish out of the profile, or start a kernel that has it (`modinfo -p` lists what there is).'
      : 'Start the kernel that has it.',
  });
  return !isNowhere;
};

const wantedOptions = (
  context: PlanContext,
  functions: readonly PciFunction[],
  bindBy: BindBy,
): readonly ModuleOption[] => {
  const {host} = context.profile;
  const options: ModuleOption[] = [];
  if (bindBy === 'ids') {
    options.push({
      module: 'vfio-pci',
      parameter: 'ids',
      value: idList(functions),
      because: 'these ids belong to the chosen devices and to no others here',
    });
  }
  if (judgeUnsafeInterrupts(context)) {
    options.push({
      module: 'vfio_iommu_type1',
      parameter: 'allow_unsafe_interrupts',
      value: '1',
      because: 'no interrupt remapping: a hostile guest can send interrupts to the host; you allowed it',
    });
  }
  if (host.ignoreMsrs)
    options.push({module: 'kvm', parameter: 'ignore_msrs', value: '1', because: 'you asked for it (host.ignoreMsrs)'});
  if (host.disableIdleD3)
    options.push({
      module: 'vfio-pci',
      parameter: 'disable_idle_d3',
      value: '1',
      because: 'you asked for it (host.disableIdleD3): the card does not wake from D3',
    });
  return options;
};

/** Returns whether the option is to be set. It is never set because it might help: only when the user says so. */
const judgeUnsafeInterrupts = (context: PlanContext): boolean => {
  const {interruptRemapping} = context.facts.iommu;
  const isAllowed = context.profile.host.allowUnsafeInterrupts;
  if (context.profile.devices.length === 0) return false;
  if (interruptRemapping === true) {
    if (isAllowed)
      context.decide(
        'host.allowUnsafeInterrupts',
        'not set',
        'this machine remaps interrupts, so the unsafe setting is not needed',
      );
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
      message:
        'This machine does not remap interrupts, so the kernel refuses to give out devices: a guest could send any interrupt to the host.',
      remedy:
        "Look for 'Interrupt Remapping' or 'x2APIC' in the firmware set-up. If you run only guests that you trust, set host.allowUnsafeInterrupts: yes.",
    });
  }
  return false;
};
