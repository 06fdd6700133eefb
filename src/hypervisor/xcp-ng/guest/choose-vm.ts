import type {XapiVm} from '../../../facts/virtualisation.ts';
import {isIntelIntegrated} from '../../../facts/pci.ts';
import {parseMask} from '../../../formats/xapi/vcpu-mask.ts';
import {parseVmPci} from '../../../formats/xapi/vm-pci.ts';
import type {PlanContext} from '../../../plan/context.ts';
import {assignedFunctions, type ChosenDevices} from '../../../plan/device/chosen-devices.ts';
import type {PinningPlan, XapiGuestPlan} from '../../../plan/plan.ts';
import {judgeUnusedKeys} from '../../judge-unused-keys.ts';
import {sharesRegion} from '../../xen/judge-together.ts';
import {chooseUsb} from '../usb/choose-usb.ts';
import {isRelaxed, vmsCalled, xapiOf} from '../xapi-facts.ts';
import {keysWithoutEffect} from './unused-keys.ts';
import {listWords} from '../../../words/list-words.ts';

export const chooseVm = (context: PlanContext, chosen: ChosenDevices, pinning: PinningPlan): XapiGuestPlan => {
  const {name, os} = context.profile.guest;
  const vm = findVm(context);
  judgeDevices(context, chosen);
  const usb = chooseUsb(context, chosen, vm);
  judgeUnusedKeys(context, keysWithoutEffect(context.profile));
  if (vm !== null) {
    judgeVm(context, vm);
    judgeSize(context, vm, pinning);
    judgeIgnored(context, vm);
    if (assignedFunctions(chosen).length > 0) tellRestrictions(context, vm);
  }
  return {
    kind: 'xapi',
    name: vm?.name ?? name,
    path: vm === null ? `xe vm-list name-label=${name}` : `xe vm-param-list uuid=${vm.uuid}`,
    isNew: vm === null,
    os,
    uuid: vm?.uuid ?? null,
    vcpus: context.profile.cpu.vcpus,
    usb,
  };
};

const findVm = (context: PlanContext): XapiVm | null => {
  const {vms, product} = xapiOf(context.facts).xapi;
  const {name} = context.profile.guest;
  const found = vmsCalled(context.facts, name);
  const [vm] = found;
  if (vms === null) return null;
  if (vm === undefined)
    context.report('blocker', 'guest-missing', {
      subject: 'guest.name',
      message: `${product} has no VM ${name}${vms.length === 0 ? '; there is none' : `; there are ${vms.map((one) => one.name).join(', ')}`}. This program makes no VM here.`,
      remedy:
        'Create it first (Xen Orchestra, or `xe vm-install`), then capture the host again; or correct guest.name.',
    });
  else if (found.length > 1)
    context.report('blocker', 'guest-ambiguous', {
      subject: 'guest.name',
      message: `${found.length} VMs are called ${name}: ${found.map(({uuid}) => uuid).join(', ')}.`,
      remedy: 'Write the UUID of one as guest.name.',
    });
  else if (context.profile.guest.domain === 'new')
    context.report('blocker', 'guest-exists', {
      subject: 'guest.name',
      message: `There is a VM ${name} already.`,
      remedy: 'Set guest.domain: existing to edit it.',
    });
  else
    context.decide(
      'guest.domain',
      `VM ${vm.name}, ${vm.uuid}`,
      'only its list of PCI devices, its CPU mask and its USB devices change, with xe',
    );
  return found.length === 1 ? (vm ?? null) : null;
};

const servedKinds = ['function', 'usb-device'];

const judgeDevices = (context: PlanContext, chosen: ChosenDevices): void => {
  for (const {kind, name, path} of chosen.assigned.filter((device) => !servedKinds.includes(device.kind)))
    context.report('blocker', 'guest-option-unsupported', {
      subject: name,
      path,
      message: `On XCP-ng this version gives a VM whole PCI functions and USB devices only, and ${name} is of the kind ${kind}.`,
      remedy: 'Take it out of the profile.',
    });
  const {xapi} = xapiOf(context.facts);
  for (const device of assignedFunctions(chosen)) {
    if (isIntelIntegrated(device))
      context.report('blocker', 'xapi-integrated-gpu', {
        subject: device.address,
        message: `${device.address} is the integrated GPU: its option ROM is in the firmware of the machine, and XCP-ng takes no ROM file for a device, so the VM does not start or stays black.`,
        remedy: 'Give the VM a card in a slot, or use plain Xen or KVM.',
      });
    const others = sharesRegion(context.facts, device.address);
    if (others.length > 0)
      context.report(isRelaxed(xapi) ? 'warning' : 'blocker', 'xen-region-shared', {
        subject: device.address,
        message: `The firmware wants a reserved memory region (RMRR) for ${device.address} and for ${listWords(others)}: ${isRelaxed(xapi) ? 'XCP-ng gives it out all the same ("It’s risky to assign" in `xl dmesg`), and the guest can reach memory that the firmware uses with the other device' : 'Xen of 8.2 refuses such a device ("disallowed to assign … with shared RMRR")'}.`,
        remedy: isRelaxed(xapi)
          ? 'Look in the firmware set-up for what uses it (legacy USB support, iLO or iDRAC shared memory), and give the card only to a VM that you trust.'
          : 'Upgrade to 8.3, or turn off what uses the region in the firmware set-up (legacy USB support, iLO or iDRAC shared memory).',
      });
  }
};

const judgeVm = (context: PlanContext, vm: XapiVm): void => {
  const {uuid, name, domainType, isHighlyAvailable, powerState, startsAtBoot} = vm;
  if (domainType !== null && domainType !== 'hvm')
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.name',
      message: `The VM ${name} is of the type ${domainType}, and a PCI device needs an HVM guest.`,
      remedy: `Shut it down, and set it where its system starts so: xe vm-param-set uuid=${uuid} HVM-boot-policy="BIOS order".`,
    });
  if (isHighlyAvailable)
    context.report('blocker', 'guest-option-unsupported', {
      subject: 'guest.name',
      message: `High availability restarts the VM ${name} on another host (ha-restart-priority: restart), which has not got this device.`,
      remedy: `Turn it off for this VM: xe vm-param-set uuid=${uuid} ha-restart-priority=best-effort.`,
    });
  if (powerState !== null && powerState !== 'halted')
    context.report('warning', 'guest-running', {
      subject: 'guest.name',
      message: `The VM ${name} is ${powerState}; what is written counts from its next start.`,
      remedy: `Shut it down before the reboot: xe vm-shutdown uuid=${uuid}.`,
    });
  if (startsAtBoot)
    context.report('warning', 'guest-autostart', {
      subject: 'guest.name',
      message: `The VM ${name} starts with the host (auto_poweron), so at the next boot it takes the device before anybody has seen that all is well.`,
      remedy: `Turn that off until you have verified once: xe vm-param-remove uuid=${uuid} param-name=other-config param-key=auto_poweron.`,
    });
};

/** Fewer masks than vCPUs: XAPI uses the first one for the rest. */
const judgeSize = (context: PlanContext, {uuid, name, vcpus, memoryMiB}: XapiVm, {vcpus: pins}: PinningPlan): void => {
  const {cpu, memory} = context.profile;
  if (vcpus !== null && vcpus !== cpu.vcpus && pins.length > 0)
    context.report('blocker', 'xapi-vm-differs', {
      subject: 'cpu.vcpus',
      message: `The VM ${name} has ${vcpus} vCPUs, and the profile pins ${cpu.vcpus}; XAPI would pin the others like the first.`,
      remedy: `Set cpu.vcpus: ${vcpus}; or shut the VM down and change it: xe vm-param-set uuid=${uuid} VCPUs-max=${cpu.vcpus}, then VCPUs-at-startup=${cpu.vcpus}.`,
    });
  if (memoryMiB !== null && memoryMiB !== memory.sizeMiB)
    context.report('note', 'xapi-vm-differs', {
      subject: 'memory.sizeMiB',
      path: 'memory.size',
      message: `The VM ${name} has ${memoryMiB} MiB, and the profile says ${memory.sizeMiB} MiB. Nothing changes the VM’s memory here; the profile’s size only decides the node.`,
      remedy: `Set memory.size: ${memoryMiB}MiB; or change the VM: xe vm-memory-limits-set uuid=${uuid} static-min=… static-max=${memory.sizeMiB}MiB dynamic-min=${memory.sizeMiB}MiB dynamic-max=${memory.sizeMiB}MiB.`,
    });
};

/** XAPI leaves out what it does not understand, and says nothing. */
const judgeIgnored = (context: PlanContext, {name, pci, mask}: XapiVm): void => {
  const {dropped} = parseVmPci(pci ?? '');
  if (dropped.length > 0)
    context.report('warning', 'xapi-value-ignored', {
      subject: 'guest.name',
      message: `other-config:pci of ${name} has ${listWords(dropped.map((one) => JSON.stringify(one)))}, which XAPI drops without a word: only N/dddd:bb:ss.f counts.`,
      remedy: 'Nothing to do: the plan writes the list without it.',
    });
  if (mask !== null && parseMask(mask) === null)
    context.report('warning', 'xapi-value-ignored', {
      subject: 'guest.name',
      message: `VCPUs-params:mask of ${name} is ${JSON.stringify(mask)}, which XAPI ignores as a whole: only single numbers count, with commas between them.`,
      remedy: 'Nothing to do where the plan pins vCPUs: it writes the mask anew.',
    });
};

const tellRestrictions = (context: PlanContext, {name}: XapiVm): void =>
  context.report('note', 'xapi-restrictions', {
    subject: 'guest.name',
    message: `With a PCI device XAPI refuses to suspend, checkpoint and migrate the VM ${name} (VM_HAS_PCI_ATTACHED); snapshots of its disks still work. Its emulated screen stays.`,
    remedy: 'Plan for it: the VM is shut down for each update of the host.',
  });
