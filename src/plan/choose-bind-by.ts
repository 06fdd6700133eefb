import type {ChosenDevices} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction, idOf} from './describe-function.ts';
import type {PlannedDevice} from './plan.ts';

export type BindBy = PlannedDevice['bindBy'];

export const chooseBindBy = (context: PlanContext, chosen: ChosenDevices): BindBy => {
  const wanted = context.profile.binding;
  if (wanted === 'ids') return chooseIds(context, chosen);
  if (wanted === 'handover') {
    context.decide('binding', 'handover', 'you asked for it: the host keeps the card until the guest starts, and has it again when the guest ends');
    return 'libvirt';
  }
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
