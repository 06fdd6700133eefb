import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import {hypervisorOf, servedHypervisor} from '../hypervisor/hypervisors.ts';
import {chooseKernelArguments} from '../plan/arguments/choose-kernel-arguments.ts';
import {judgeLineLength} from '../plan/arguments/judge-line-length.ts';
import {type PositionOf, startContext} from '../plan/context.ts';
import {chooseMemory} from '../plan/memory/choose-memory.ts';
import {hugepageArguments} from '../plan/memory/hugepages/arguments.ts';
import {chooseNode} from '../plan/placement/choose-node.ts';
import {choosePinning} from '../plan/placement/choose-pinning.ts';
import {judgeCardNodes} from '../plan/placement/judge-card-nodes.ts';
import {chooseIsolation, isolationArguments} from '../plan/placement/isolation.ts';
import type {Plan} from '../plan/plan.ts';
import {formatOf} from '../profile/device-format.ts';
import type {Profile, WrittenProfile} from '../profile/profile.ts';
import {chooseDevices} from './choose-devices.ts';
import {judgeHost} from './judge-host.ts';
import {judgeSigning} from './judge-signing.ts';
import {type Ports, servedPorts} from './ports.ts';
import {resolveProfile} from './resolve-profile.ts';

/** What every decision of a plan gets, and the lists that they add to. */
export const contextOf = (
  facts: HostFacts,
  profile: Profile,
  positionOf: PositionOf,
  ports: Ports = servedPorts,
): ReturnType<typeof startContext> => {
  const hypervisor = hypervisorOf(facts, ports.hypervisors);
  return startContext({
    facts,
    profile,
    positionOf,
    can: hypervisor.can(facts),
    guests: hypervisor.guests(facts),
    addresses: profile.devices.flatMap((device) => formatOf(ports.deviceKinds, device.kind).addresses(device)),
  });
};

/**
 * All decisions for one guest on this host. There is always a plan, as good as the facts allow, so that it can be
 * shown with the findings; one with a blocker among them must not be applied.
 */
export const planPassthrough = (
  facts: HostFacts,
  written: WrittenProfile,
  writtenAt: PositionOf = () => null,
  ports: Ports = servedPorts,
): {readonly plan: Plan; readonly findings: readonly Finding[]} => {
  const {profile, positionOf, ...resolved} = resolveProfile(facts, written, writtenAt, ports);
  const hypervisor = hypervisorOf(facts, ports.hypervisors);
  const {binding: binder} = hypervisor;
  const {context, findings, decisions} = contextOf(facts, profile, positionOf, ports);
  const chosen = chooseDevices(context, {deviceKinds: ports.deviceKinds, hypervisor});
  const by = binder.chooseBy(context, chosen);
  const devices = chosen.assigned.map((device) =>
    device.plan(context, by, (one) => binder.chooseDriver(context, one, by)),
  );
  const binding = binder.plan(
    context,
    chosen,
    by,
    devices.flatMap(({driver}) => driver ?? []),
  );
  const handover = hypervisor.planHandover(context, chosen);
  const {pinning, guestNodes} = choosePinning(context, chooseNode(context, chosen));
  const isolation = chooseIsolation(context, pinning);
  const memory = chooseMemory(context, guestNodes, pinning);
  judgeCardNodes(context, pinning, memory);
  const wanted = hypervisor.argumentParts(context, chosen, {pinning, memory});
  const kernelArguments = chooseKernelArguments(context, [
    ...wanted.kernel,
    ...binder.argumentParts(context, chosen, binding),
    hugepageArguments(context, memory),
    isolationArguments(context, isolation),
  ]);
  judgeLineLength(context, kernelArguments);
  const hypervisorArguments =
    wanted.hypervisor === null ? null : chooseKernelArguments(context, wanted.hypervisor, 'hypervisorArguments');
  const guest = hypervisor.planGuest(context, chosen, pinning);
  judgeHost(context, {
    isServed: servedHypervisor(facts, ports.hypervisors) !== null,
    isScripted: hypervisor.isScripted,
  });
  const plan: Plan = {
    version: 1,
    profile: profile.name,
    devices,
    binding,
    kernelArguments,
    hypervisorArguments,
    pinning,
    memory,
    isolation,
    guest,
    initramfs: facts.boot.initramfs,
    handover,
    decisions,
  };
  judgeSigning(context, plan, hypervisor.hostModules(plan));
  hypervisor.judgeHost(context, pinning, memory);
  findings.unshift(...resolved.findings);
  decisions.unshift(...resolved.decisions);
  return {plan, findings};
};
