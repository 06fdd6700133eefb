import type {HostFacts} from '../../facts/host-facts.ts';
import {isAtLeast} from '../../facts/versions.ts';
import type {XapiFacts, XapiPusb, XapiVm, XapiVusb, XenFacts} from '../../facts/virtualisation.ts';
import type {Plan, XapiGuestPlan} from '../../plan/plan.ts';

/** Asked only where `isHere` has said that this is XCP-ng or XenServer. */
export const xapiOf = ({virtualisation}: HostFacts): XenFacts & {readonly xapi: XapiFacts} => {
  if (virtualisation.kind !== 'xen' || virtualisation.xapi === null) throw new Error('this host has no XAPI');
  return {...virtualisation, xapi: virtualisation.xapi};
};

export type XapiPlan = Plan<XapiGuestPlan>;

/** A plan with a guest of another hypervisor is that one's to render. */
export const xapiPlanOf = (plan: Plan): XapiPlan => {
  const {guest} = plan;
  if (guest.kind !== 'xapi') throw new Error(`the guest ${guest.name} is none of XAPI`);
  return {...plan, guest};
};

/** By its UUID, or by a name that only one VM has. */
export const vmsCalled = (facts: HostFacts, name: string): readonly XapiVm[] =>
  (xapiOf(facts).xapi.vms ?? []).filter((vm) => vm.uuid === name || vm.name === name);

/** Names of VMs may be equal; then only the UUID tells them apart. */
export const nameOfVm = (facts: HostFacts, vm: XapiVm): string =>
  vmsCalled(facts, vm.name).length === 1 ? vm.name : vm.uuid;

/** From 8.3 on devices with a reserved region are given out although Xen calls it risky, and an upgrade keeps the hidden ones. */
export const isRelaxed = ({version}: XapiFacts): boolean => isAtLeast(version, '8.3');

type UsbPlace = XapiGuestPlan['usb'][number];

/** XAPI's record of a device that is plugged in there. */
export const recordOf = ({pusbs}: XapiFacts, {id, port}: UsbPlace): XapiPusb | null =>
  pusbs?.find((one) => one.id === id && one.path === port) ?? null;

/** The place of a VM for that device; XAPI gives it to one VM only. */
export const placeOf = (xapi: XapiFacts, device: UsbPlace): XapiVusb | null => {
  const group = recordOf(xapi, device)?.group;
  return xapi.vusbs?.find((one) => one.group === group) ?? null;
};
