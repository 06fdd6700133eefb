import {kernelsOf, moduleState} from '../../facts/modules.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import {renderHideList} from '../../formats/xen-hide.ts';
import type {Part} from '../../plan/arguments/part.ts';
import type {PlanContext} from '../../plan/context.ts';
import {type ChosenDevices, lostFunctions} from '../../plan/device/chosen-devices.ts';
import type {BindBy, BindingPlan} from '../../plan/plan.ts';
import {hideKey, presentHiding} from './hide-list.ts';
import {listWords} from '../../words/list-words.ts';

/** Functions of other guests that a run of this program hides, or that their files name while they are hidden now. */
export const keptHidden = ({facts, others}: PlanContext, own: readonly PciFunction[]): readonly PciFunction[] => {
  const wanted = new Set(others.flatMap(({use}) => use.hostdevs));
  const recorded = facts.guests.recorded
    .filter(({guest}) => others.some(({name}) => name === guest))
    .flatMap(({functions}) => functions.map(({address}) => address));
  const {running} = presentHiding(facts);
  return facts.pci.filter(
    ({address}) =>
      !own.some((one) => one.address === address) &&
      (recorded.includes(address) || (wanted.has(address) && running.includes(address))),
  );
};

export const chooseHideBy = (context: PlanContext, chosen: ChosenDevices): BindBy => {
  const wanted = context.profile.binding;
  if (wanted === 'ids' || wanted === 'handover')
    context.report('blocker', 'xen-binding-unsupported', {
      subject: 'binding',
      message:
        wanted === 'ids'
          ? 'Under Xen a card is hidden from dom0 by its address; pciback knows no ids.'
          : 'The card can’t be handed over: a hook of libvirt does that, and xl has none.',
      remedy: 'Set binding: auto.',
    });
  if (wanted === 'libvirt') {
    context.decide(
      'binding',
      'before the guest starts, by hand',
      'you asked for it: nothing is hidden at boot, and `xl pci-assignable-add` takes the card from its driver',
    );
    return 'libvirt';
  }
  if (lostFunctions(chosen).length > 0)
    context.decide(
      'binding',
      'address',
      'pciback hides exactly this card from dom0 at boot (xen-pciback.hide=), before its driver is loaded',
    );
  return 'address';
};

export const planHiding = (context: PlanContext, chosen: ChosenDevices, by: BindBy): BindingPlan => {
  const functions = lostFunctions(chosen);
  const kept = keptHidden(context, functions);
  judgeModule(context);
  if (kept.length > 0)
    context.decide('binding', kept.map(({address}) => address).join(', '), 'other guests have them: they stay hidden');
  const byAddress = [...(by === 'address' ? functions : []), ...kept].map(({address}) => address);
  return {
    kind: 'pciback',
    by,
    softdeps: [],
    moduleOptions: [],
    builtInOptions: [],
    // Where it is built in, image systems leave it out.
    initramfsModules: byAddress.length === 0 ? [] : ['xen-pciback'],
    byAddress,
  };
};

const judgeModule = (context: PlanContext): void => {
  const kernels = kernelsOf(context.facts);
  const lacking = kernels
    .filter((kernel) => moduleState(kernel, 'xen_pciback') === 'absent')
    .map(({release}) => release);
  if (lacking.length === 0) return;
  const isRunning = lacking.length === kernels.length || lacking.some((one) => one === context.facts.kernel.release);
  context.report(isRunning ? 'blocker' : 'warning', 'xen-pciback-missing', {
    subject: 'binding',
    message: `Kernel ${listWords(lacking)} has no xen-pciback, neither as a module nor built in${isRunning ? '' : ': started with it, no card is hidden, and its image stays unchanged'}.`,
    remedy: isRunning
      ? 'Install a kernel with CONFIG_XEN_PCIDEV_BACKEND and start it; cloud kernels leave it out (Debian: linux-image-amd64 and not linux-image-cloud-amd64).'
      : 'Remove that kernel if it is not needed.',
  });
};

/**
 * The whole list in one argument, as the last one counts: what is there already and foreign stays, in the long form.
 * What only the running kernel has may be of an earlier plan of this guest; it stays where another guest has it.
 */
export const hideArgument = (context: PlanContext, {byAddress}: BindingPlan): Part => {
  const {lasting, bad} = presentHiding(context.facts);
  const hidden: readonly PciAddress[] = [...new Set([...byAddress, ...lasting])];
  for (const piece of bad)
    context.report('warning', 'xen-hide-malformed', {
      subject: 'kernelArguments',
      message: `${hideKey}= has ${piece}, which xen-pciback does not understand: with it the driver takes no device at all ("Error parsing pci_devs_to_hide").`,
      remedy: `The plan writes a list without it, ${renderHideList(hidden)}, which counts from then on. Take the old one out by hand.`,
    });
  if (byAddress.length === 0) return {};
  const foreign = lasting.filter((address) => !byAddress.includes(address));
  return {
    add: [
      {
        text: `${hideKey}=${renderHideList(hidden)}`,
        because: `xen-pciback hides these functions from dom0 when it loads${foreign.length === 0 ? '' : `; the list had ${listWords(foreign)} already`}`,
      },
    ],
    owned: [hideKey],
  };
};
