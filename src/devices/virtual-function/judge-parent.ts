import {isVfioDriver, kernelsOf, moduleState} from '../../facts/modules.ts';
import {isNeeded} from '../../facts/needs.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import {analyseGroup} from '../../groups/analyse-group.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import {judgeIommu} from '../judge-iommu.ts';
import {chooseCount} from './choose-count.ts';
import {countOwnersOf} from './count-owners.ts';
import {parentHandsOn} from '../parent-hands.ts';
import {isProfileVirtualFunction} from './virtual-function-format.ts';
import {listWords} from '../../words/list-words.ts';

/** What speaks against the card making virtual functions; `taken` is what the host gives up whole. */
export const judgeParent = (
  context: PlanContext,
  parent: PciFunction,
  path: string,
  taken: readonly PciAddress[],
): void => {
  if (parent.sriov === null) {
    context.report('blocker', 'vf-unsupported', {
      subject: parent.address,
      path,
      message: `${describeFunction(parent)} makes no virtual functions: it has no SR-IOV, or the firmware has it off.`,
      remedy: "Turn 'SR-IOV Support' on in the firmware set-up if it has such a setting, or give the card whole.",
    });
    return;
  }
  judgeIommu(context, parent, path);
  judgeTaken(context, parent, path, taken);
  judgeDriver(context, parent, path);
  judgeGroupOfParent(context, parent, path);
  judgeCount(context, parent, path);
  judgeOwners(context, parent, path);
  judgeRoute(context, parent, path);
  judgeUnit(context, parent, path);
};

/** A card and its parts never go away at once: with the card goes the driver that makes the parts. */
const judgeTaken = (context: PlanContext, parent: PciFunction, path: string, taken: readonly PciAddress[]): void => {
  const {facts, others, existing} = context;
  const report = (message: string, remedy: string): void =>
    context.report('blocker', 'vf-parent-taken', {subject: parent.address, path, message, remedy});
  const holder = [...others, ...(existing === null ? [] : [existing])].find(({use}) =>
    use.hostdevs.includes(parent.address),
  );
  if (holder !== undefined)
    report(
      `The guest ${holder.name} has ${describeFunction(parent)} whole, and with it the driver that would make virtual functions is gone.`,
      `Take the card out of ${holder.name} with \`virsh edit\` or by its profile, and plan again.`,
    );
  else if (taken.includes(parent.address))
    report(
      `${describeFunction(parent)} is to be given away whole, and its virtual functions are made by the driver that the host has for it.`,
      'Choose the whole card or its virtual functions.',
    );
  else if (isVfioDriver(parent.driver) || parent.driver === 'pci-stub')
    report(
      `${parent.address} is with ${parent.driver}, and only its own driver makes virtual functions.`,
      'Find what binds it (`vfio-pilot history`, vfio-pci.ids=, /etc/modprobe.d), undo that, reboot, and plan again.',
    );
  for (const {fact, remedy} of parentHandsOn(facts, parent)) report(fact, remedy);
};

/** Kernel: drivers/pci/iov.c and pci-sysfs.c refuse a count without a driver that has a callback for it. */
const judgeDriver = (context: PlanContext, parent: PciFunction, path: string): void => {
  const {driver} = parent;
  const subject = parent.address;
  if (driver === null)
    context.report('blocker', 'vf-pf-has-no-driver', {
      subject,
      path,
      message: `${describeFunction(parent)} has no driver on this host, and only its driver makes virtual functions.`,
      remedy: `Load its driver (\`lspci -k -s ${subject}\` names it), and plan again.`,
    });
  const lacksType = context.profile.devices
    .filter(isProfileVirtualFunction)
    .some((one) => one.function.of.address === parent.address && one.function.vgpu === null);
  if (driver === 'nvidia' && lacksType)
    context.report('blocker', 'vf-managed-by-vendor', {
      subject,
      path: `${path}.vgpu`,
      message: `NVIDIA's driver gives a guest a virtual function of ${describeFunction(parent)} only as a vGPU, and none is named.`,
      remedy: `Set ${path}.vgpu to a type that \`cat /sys/bus/pci/devices/${subject}/virtfn0/nvidia/creatable_vgpu_types\` shows; \`/usr/lib/nvidia/sriov-manage -e ${subject}\` makes the virtual functions.`,
    });
  if (driver === 'gim')
    context.report('blocker', 'gim-not-served', {
      subject,
      path,
      message: `${describeFunction(parent)} is with AMD's GIM driver, which makes virtual functions in its own way. This version does not serve it.`,
      remedy: 'Set it up as AMD describes, and add the function to the guest by hand.',
    });
  if (driver === 'i915' || driver === 'xe') judgeIntel(context, parent, driver, path);
};

const remedies: Readonly<Record<string, string>> = {
  i915: 'Build i915-sriov-dkms for each installed kernel (`dkms status` lists them), or use xe where it serves this GPU, and plan again.',
  xe: 'Remove that kernel, or install one whose xe has it (`modinfo -p xe` lists max_vfs), and plan again.',
};

/**
 * Each kernel may have another driver: the kernel's own i915 makes no virtual functions, i915-sriov-dkms does, and an
 * older xe does not (kernel: drivers/gpu/drm/xe/xe_module.c). The parameter max_vfs tells them apart.
 */
const judgeIntel = (context: PlanContext, parent: PciFunction, driver: string, path: string): void => {
  const report = (severity: 'blocker' | 'warning', message: string, remedy: string): void =>
    context.report(severity, 'vf-driver-unfit', {subject: parent.address, path, message, remedy});
  const kernels = kernelsOf(context.facts).filter((kernel) => moduleState(kernel, driver) !== 'absent');
  const listOf = (some: typeof kernels): string => listWords(some.map(({release}) => release));
  const lacking = kernels.filter(({parameters}) => parameters[driver]?.includes('max_vfs') === false);
  // That there are some proves it of the running one.
  const proven = (parent.sriov?.enabled ?? 0) > 0 ? context.facts.kernel.release : null;
  const unknown = kernels.filter(({release, parameters}) => parameters[driver] === undefined && release !== proven);
  if (lacking.length > 0)
    report(
      'blocker',
      `The ${driver} of kernel ${listOf(lacking)} has no parameter max_vfs, so it makes no virtual functions${driver === 'i915' ? ": it is the kernel's own" : ''}.`,
      remedies[driver] ?? '',
    );
  if (unknown.length > 0)
    report(
      'warning',
      `It is unknown whether the ${driver} of kernel ${listOf(unknown)} makes virtual functions${driver === 'i915' ? ": the kernel's own does not" : ''}.`,
      `\`modinfo -k ${unknown[0]?.release ?? ''} -p ${driver}\` lists max_vfs if it does.`,
    );
};

/**
 * Without a bridge that keeps the card apart, virtual functions come into the group of the card (kernel:
 * drivers/iommu/iommu.c, pci_device_group). Of those that are there, the group itself is judged.
 */
const judgeGroupOfParent = (context: PlanContext, parent: PciFunction, path: string): void => {
  const group = parent.iommuGroup === null ? null : analyseGroup(context.facts, parent.iommuGroup);
  const [bridge] = group?.bridges.filter(({address}) => parent.upstream.includes(address)) ?? [];
  if (bridge === undefined || (parent.sriov?.functions.length ?? 0) > 0) return;
  context.report('warning', 'vf-group-shared', {
    subject: parent.address,
    path,
    message: `${parent.address} shares IOMMU group ${parent.iommuGroup} with the bridge ${bridge.address} above it, so its virtual functions will most likely be in the same group, and then none of them can go to a guest.`,
    remedy: 'Move the card to a slot where `vfio-pilot groups` shows it without a bridge in its group.',
  });
};

const judgeCount = (context: PlanContext, parent: PciFunction, path: string): void => {
  const {count, because} = chooseCount(context, parent);
  const {total, enabled, functions} = parent.sriov ?? {total: 0, enabled: null, functions: []};
  const isByIndex = context.profile.devices.some(
    (one) => isProfileVirtualFunction(one) && one.function.of.address === parent.address && one.function.index >= total,
  );
  if (count > total && !isByIndex)
    context.report('blocker', 'vf-count-too-small', {
      subject: parent.address,
      path: `${path}.count`,
      message: `${describeFunction(parent)} can make ${countFunctions(total)} and not ${count} (${because}).`,
      remedy: `Set ${path}.count to ${total} or less, and choose indexes below it.`,
    });
  context.decide('devices', `${parent.address} makes ${countFunctions(count)} at boot`, because);
  if (enabled === null || enabled === 0 || enabled === count) return;
  const used = context.facts.pci.filter(({address, driver}) => functions.includes(address) && isVfioDriver(driver));
  if (used.length === 0) return;
  const addresses = used.map(({address}) => address);
  const guests = [...context.others, ...(context.existing === null ? [] : [context.existing])]
    .filter(({use}) => use.hostdevs.some((address) => addresses.includes(address)))
    .map(({name}) => name);
  const who = guests.length === 0 ? 'a guest' : `the guest ${listWords(guests)}`;
  context.report('blocker', 'vf-in-use', {
    subject: parent.address,
    path: `${path}.count`,
    message: `${parent.address} has ${countFunctions(enabled)} and would have ${count} (${because}). The kernel can change that only by taking all of them away, and ${addresses.join(', ')} ${addresses.length === 1 ? 'is' : 'are'} in use by ${who}.`,
    remedy: `Shut ${who} down and plan again, or choose an index below ${enabled}.`,
  });
};

const countFunctions = (count: number): string => `${count} virtual function${count === 1 ? '' : 's'}`;

const judgeOwners = (context: PlanContext, parent: PciFunction, path: string): void => {
  for (const {place, what, isCertain} of countOwnersOf(context.facts.files, parent.address))
    context.report(isCertain ? 'blocker' : 'warning', 'vf-count-owned-elsewhere', {
      subject: parent.address,
      path,
      message: `${place} (${what}) sets the number of virtual functions of ${isCertain ? parent.address : 'a card that it does not name by its PCI address'}, and vfio-pilot would set it too: the second one to come takes the functions of the first away.`,
      remedy: isCertain
        ? 'Take it out there, and plan again.'
        : `Take it out there if it means ${parent.address}; otherwise there is nothing to do.`,
    });
};

/** Some drivers take the link down for a moment when they make virtual functions. */
const judgeRoute = ({facts, report}: PlanContext, parent: PciFunction, path: string): void => {
  const need = facts.needs.find(
    (one) => one.address === parent.address && (one.kind === 'network' || one.kind === 'route') && isNeeded(one, []),
  );
  if (need === undefined) return;
  report('warning', 'vf-pf-carries-host-route', {
    subject: parent.address,
    path,
    message: `The host's own network goes through ${describeFunction(parent)}: ${need.chain}. It stays with the host, but some drivers take the link down for a moment when they make virtual functions, at each boot.`,
    remedy: 'See that you can reach this machine in another way before the first reboot.',
  });
};

const judgeUnit = ({facts, report}: PlanContext, parent: PciFunction, path: string): void => {
  if (!facts.boot.support.isDeclarative) return;
  report('blocker', 'vf-unit-by-hand', {
    subject: parent.address,
    path,
    message:
      'Virtual functions have to be made by a systemd unit at each boot, and this system is made from a configuration that vfio-pilot adds no unit to yet.',
    remedy: `Add a systemd service to your configuration that writes the number to /sys/bus/pci/devices/${parent.address}/sriov_numvfs before libvirtd, and give the function with binding: libvirt by its address.`,
  });
};
