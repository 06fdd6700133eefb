import {describeGroups} from '../groups/describe-groups.ts';
import {printable} from '../ui/printable.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {openHost} from './open-host.ts';

export const groups = async (context: CommandContext): Promise<number> => {
  const {facts} = await openHost(context);
  if (context.options.isJson) {
    const byAddress = new Map(facts.pci.map((device) => [device.address, device]));
    const listed = facts.iommu.groups.map((group) => ({...group, functions: group.devices.map((address) => byAddress.get(address) ?? {address})}));
    context.out(`${JSON.stringify({version: 1, active: facts.iommu.active, groups: listed}, null, 2)}\n`);
  } else context.out(describeGroups(facts).map((line) => `${printable(line)}\n`).join(''));
  return exitCodes.done;
};
