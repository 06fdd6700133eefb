import type {ClaimedFunction, GuestClaim} from '../../facts/guest-claims.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {type ChosenDevices, lostFunctions} from '../../plan/device/chosen-devices.ts';
import {describeFunction, idOf} from '../../plan/device/describe-function.ts';
import type {BindBy, ModuleOption} from '../../plan/plan.ts';
import {listWords} from '../../words/list-words.ts';

/** Functions that are bound at boot for other guests. This plan replaces the files that do it, so it must include them. */
export const keptBindings = (context: PlanContext, own: readonly PciFunction[]): readonly PciFunction[] => {
  const {facts, others} = context;
  const wanted = new Set(others.flatMap(({use}) => use.hostdevs));
  const bound = new Set([
    ...(facts.guests.printed?.boundAtBoot ?? []).filter((address) => wanted.has(address)),
    ...claimsOfOthers(context).flatMap(({functions}) => boundFor(functions, wanted)),
  ]);
  return facts.pci.filter(({address}) => bound.has(address) && !own.some((one) => one.address === address));
};

/** Of guests that are still defined. */
const claimsOfOthers = ({facts, others}: PlanContext): readonly GuestClaim[] =>
  facts.guests.recorded.filter(({guest}) => others.some(({name}) => name === guest));

/** What only shares the group with a card goes where the card goes. */
const boundFor = (functions: readonly ClaimedFunction[], wanted: ReadonlySet<PciAddress>): readonly PciAddress[] => {
  const hasCard = functions.some(({address, isAssigned}) => isAssigned && wanted.has(address));
  return functions
    .filter(({bindBy, address, isAssigned}) => bindBy === 'address' && (isAssigned ? wanted.has(address) : hasCard))
    .map(({address}) => address);
};

/** Module options that another guest's profile asked for, unless this one sets them. */
export const keptOptions = (
  context: PlanContext,
  functions: readonly PciFunction[],
  own: readonly ModuleOption[],
): readonly ModuleOption[] => {
  const printed =
    keptBindings(context, functions).length === 0 ? [] : (context.facts.guests.printed?.moduleOptions ?? []);
  const wanted = [...claimsOfOthers(context).flatMap(({moduleOptions}) => moduleOptions), ...printed].filter(
    ({module, parameter}) =>
      parameter !== 'ids' && !own.some((option) => option.module === module && option.parameter === parameter),
  );
  return [...new Map(wanted.map((option) => [`${option.module}.${option.parameter}`, option])).values()].map(
    ({module, parameter, value}) => ({
      module,
      parameter,
      value,
      because: 'the profile of another guest set it',
      isKept: true,
    }),
  );
};

export const chooseBindBy = (context: PlanContext, chosen: ChosenDevices): BindBy => {
  const wanted = context.profile.binding;
  if (wanted === 'ids') return chooseIds(context, chosen);
  if (wanted === 'handover') {
    context.decide(
      'binding',
      'handover',
      'you asked for it: the host keeps the card until the guest starts, and has it again when the guest ends',
    );
    return 'libvirt';
  }
  if (wanted === 'libvirt') {
    context.decide(
      'binding',
      'libvirt',
      `you asked for it: ${context.can.starter} takes the card from its driver when the guest starts`,
    );
    return 'libvirt';
  }
  if (lostFunctions(chosen).length === 0) {
    context.decide(
      'binding',
      'nothing at boot',
      context.profile.devices.length === 0
        ? 'the guest takes no device of the host'
        : 'the host keeps every card that this guest gets a part of',
    );
    return 'libvirt';
  }
  context.decide(
    'binding',
    'address',
    'an address names exactly this card; vfio-pci.ids= takes every card with the same ids',
  );
  return 'address';
};

const chooseIds = (context: PlanContext, chosen: ChosenDevices): BindBy => {
  const taken = lostFunctions(chosen);
  const ids = new Set(taken.map(idOf));
  const others = context.facts.pci.filter(
    (device) => ids.has(idOf(device)) && !taken.some((one) => one.address === device.address),
  );
  if (others.length > 0) {
    context.report('blocker', 'binding-ids-ambiguous', {
      subject: 'binding',
      message: `Binding by ids would also take ${listWords(others.map(describeFunction))} from the host.`,
      remedy: 'Set binding: address (the default).',
    });
  }
  context.decide(
    'binding',
    'ids',
    others.length === 0 ? 'you asked for it, and no other device of this machine has these ids' : 'you asked for it',
  );
  return 'ids';
};
