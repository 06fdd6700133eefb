import type {Finding} from '../findings.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Profile} from '../profile/profile.ts';
import {chooseBindBy} from './choose-bind-by.ts';
import type {BindBy} from './choose-bind-by.ts';
import {chooseBinding} from './choose-binding.ts';
import {chooseDevices} from './choose-devices.ts';
import type {ChosenDevices} from './choose-devices.ts';
import {chooseDriver} from './choose-driver.ts';
import {chooseGuest} from './choose-guest.ts';
import {chooseHandover} from './choose-handover.ts';
import {chooseIsolation} from './choose-isolation.ts';
import {chooseKernelArguments} from './choose-kernel-arguments.ts';
import {chooseMemory} from './choose-memory.ts';
import {chooseNode} from './choose-node.ts';
import {choosePinning} from './choose-pinning.ts';
import {startContext} from './context.ts';
import type {PlanContext, PositionOf} from './context.ts';
import {judgeHost} from './judge-host.ts';
import {idOf} from './describe-function.ts';
import type {Plan, PlannedDevice} from './plan.ts';

/**
 * All decisions for one guest on this host. There is always a plan, as good as the facts allow, so that it can be
 * shown beside the findings; one with a blocker among them must not be applied.
 */
export const planPassthrough = (
  facts: HostFacts,
  profile: Profile,
  positionOf: PositionOf = () => null,
): {readonly plan: Plan; readonly findings: readonly Finding[]} => {
  const {context, findings, decisions} = startContext(facts, profile, positionOf);
  const chosen = chooseDevices(context);
  const bindBy = chooseBindBy(context, chosen);
  const devices = describeDevices(context, chosen, bindBy);
  const variants = devices.map(({driver}) => driver).filter((driver) => driver !== 'vfio-pci');
  const binding = chooseBinding(context, chosen, bindBy, variants);
  const handover = chooseHandover(context, chosen);
  const {pinning, guestNodes} = choosePinning(context, chooseNode(context, chosen));
  const isolation = chooseIsolation(context, pinning);
  const memory = chooseMemory(context, guestNodes, pinning);
  const kernelArguments = chooseKernelArguments(context, chosen, {bindBy, binding, memory, isolation});
  const guest = chooseGuest(context, chosen, pinning);
  judgeHost(context, pinning, memory);
  const plan: Plan = {
    version: 1,
    profile: profile.name,
    devices,
    binding,
    kernelArguments,
    pinning,
    memory,
    isolation,
    guest,
    initramfs: facts.boot.initramfs,
    ...(handover === null ? {} : {handover}),
    decisions,
  };
  return {plan, findings};
};

const describeDevices = (context: PlanContext, chosen: ChosenDevices, bindBy: BindBy): readonly PlannedDevice[] =>
  chosen.assigned.map(({function: device, rom}) => ({
    address: device.address,
    id: idOf(device),
    name: device.name,
    class: device.class,
    iommuGroup: device.iommuGroup,
    numaNode: device.numaNode,
    bindBy,
    driver: chooseDriver(context, device, bindBy),
    rom,
  }));
