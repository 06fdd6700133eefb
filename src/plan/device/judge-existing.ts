import {isNeeded, isVital} from '../../facts/needs.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PlanContext} from '../context.ts';
import {describeFunction} from './describe-function.ts';

/**
 * What the guest has in its definition already and keeps, although the profile does not name it: its address may have
 * become that of another device. libvirt takes it from the host's drivers when the guest starts. `taken`: all that the
 * host gives up.
 */
export const judgeExisting = (context: PlanContext, taken: readonly PciAddress[]): void => {
  const {facts, existing} = context;
  if (existing === null || facts.pci.length === 0) return;
  for (const address of keptHostdevs(context, taken)) {
    const device = facts.pci.find((one) => one.address === address);
    if (device === undefined) {
      context.report('warning', 'guest-hostdev-missing', {
        subject: address,
        path: 'guest.name',
        message: `The guest ${existing.name} also takes ${address}, and this host has no device there: the guest does not start.`,
        remedy: `Take that device out of the guest with \`virsh edit ${existing.name}\`, and plan again.`,
      });
      continue;
    }
    const all = [...taken, ...existing.use.hostdevs];
    for (const need of facts.needs.filter((one) => one.address === address && isNeeded(one, all))) {
      const isAccepted = context.profile.host.acceptLossOf.includes(address) && !isVital(need);
      context.report(isAccepted || need.kind === 'route' ? 'warning' : 'blocker', 'guest-hostdev-needed', {
        subject: address,
        path: 'guest.name',
        message: `The guest ${existing.name} also takes ${describeFunction(device)} from the host when it starts, and the host uses it: ${need.chain}.`,
        remedy: `Take that device out of the guest with \`virsh edit ${existing.name}\`, and plan again.`,
      });
    }
  }
};

const keptHostdevs = ({existing}: PlanContext, taken: readonly PciAddress[]): readonly PciAddress[] =>
  (existing?.use.hostdevs ?? []).filter((address) => !taken.includes(address));
