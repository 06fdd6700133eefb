import type {HostFacts} from '../../facts/host-facts.ts';
import {isMigBacked, nameOfType} from '../../facts/mediated.ts';
import {isVfioDriver} from '../../facts/modules.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import {judgeIommu} from '../judge-iommu.ts';
import {parentHandsOn} from '../parent-hands.ts';
import type {ChosenType} from './choose-type.ts';
import {definitionsIn} from './definition.ts';
import type {ProfileMediatedDevice} from './mediated-device-format.ts';

/** A slice of the profile, with what it is made of on this host. */
export type ChosenMediatedDevice = ChosenType & {
  readonly wanted: ProfileMediatedDevice;
  /** `0000:00:02.0/i915-GVTg_V5_4` */
  readonly name: string;
  /** The parent, where it is a PCI function. */
  readonly card: PciFunction | null;
  /** Profile path of the map `mdev`. */
  readonly path: string;
  /** Whether it is the first of its parent in the profile: what is true of the parent is said once. */
  readonly isFirst: boolean;
};

/** Everything that speaks against it; `taken` is what the host gives up whole. */
export const judgeMediatedDevice = (
  context: PlanContext,
  own: ChosenMediatedDevice,
  taken: readonly PciAddress[],
): void => {
  if (own.isFirst && own.card !== null) {
    judgeParentTaken(context, own.card, own.path, taken);
    judgeVirtualParent(context, own.card, own.path);
    judgeAltered(context, own, own.card);
  }
  if (own.isFirst) judgeSystem(context, own);
  judgeUuid(context, own);
  judgeMig(context, own);
};

/** Such a type is not offered as long as nobody has split the GPU, which this program never does. */
const judgeMig = ({report}: PlanContext, {type, parent, path, name}: ChosenMediatedDevice): void => {
  if (!type.id.startsWith('nvidia-') || !isMigBacked(type.name)) return;
  report('note', 'vgpu-mig', {
    subject: name,
    path,
    message: `${nameOfType(type)} is backed by a MIG instance of ${parent.name}. MIG instances are gone after each boot, and without them this type is not offered.`,
    remedy: 'Have a unit of yours make the MIG instances before vfio-pilot’s; vfio-pilot never changes them.',
  });
};

/** A card and its slices never go away at once: with the card goes the driver that makes the slices. */
const judgeParentTaken = (
  context: PlanContext,
  card: PciFunction,
  path: string,
  taken: readonly PciAddress[],
): void => {
  const {facts, others, existing, profile} = context;
  const report = (message: string, remedy: string): void =>
    context.report('blocker', 'mdev-parent-is-bound', {subject: card.address, path: `${path}.parent`, message, remedy});
  const all = [card.address, ...(card.physicalFunction === null ? [] : [card.physicalFunction])];
  const holder = [...others, ...(existing === null ? [] : [existing])].find(({use}) =>
    all.some((address) => use.hostdevs.includes(address)),
  );
  const claim = facts.guests.recorded.find(
    ({guest, functions}) => guest !== profile.guest.name && functions.some(({address}) => all.includes(address)),
  );
  if (holder !== undefined)
    report(
      `The guest ${holder.name} has ${describeFunction(card)} whole, and with it the driver that makes slices of it is gone.`,
      `Take the card out of ${holder.name} with \`virsh edit\` or by its profile, and plan again.`,
    );
  else if (claim !== undefined)
    report(
      `The profile of the guest ${claim.guest} takes ${describeFunction(card)} whole, so its driver makes no slices of it after the next boot.`,
      `Roll back the run of ${claim.guest} first (\`vfio-pilot history\`), or choose another card.`,
    );
  else if (all.some((address) => taken.includes(address)))
    report(
      `${describeFunction(card)} is to be given away whole, and its slices are made by the driver that the host has for it.`,
      'Choose the whole card or slices of it.',
    );
  for (const {fact, remedy} of parentHandsOn(facts, card)) report(fact, remedy);
};

/** From Ampere on: NVIDIA, Virtual GPU Software User Guide, "Preparing the Virtual Function for an NVIDIA vGPU". */
const judgeVirtualParent = (context: PlanContext, card: PciFunction, path: string): void => {
  if (card.physicalFunction === null) return;
  judgeIommu(context, card, path);
  context.report('warning', 'mdev-parent-is-virtual', {
    subject: card.address,
    path: `${path}.parent`,
    message: `${describeFunction(card)} is a virtual function of ${card.physicalFunction}, and is there only after something has made it at boot.`,
    remedy: `See that a unit of yours does that before libvirtd; NVIDIA's program is /usr/lib/nvidia/sriov-manage -e ${card.physicalFunction}. The unit of vfio-pilot waits two minutes for it.`,
  });
};

/** NVIDIA offers vGPUs for no GeForce: the driver was changed so that it takes the card for another one. */
const judgeAltered = (context: PlanContext, {type, path}: ChosenMediatedDevice, card: PciFunction): void => {
  if (!type.id.startsWith('nvidia-') || !/\bGeForce\b/.test(card.name ?? '')) return;
  context.report('note', 'vgpu-altered-driver', {
    subject: card.address,
    path,
    message: `${describeFunction(card)} is a GeForce, for which NVIDIA has no vGPU: its driver was altered, and NVIDIA does not license it for this card.`,
    remedy: 'Nobody tests this. Expect that an update of the driver or the kernel ends it.',
  });
};

const judgeSystem = (context: PlanContext, {parent, path}: ChosenMediatedDevice): void => {
  const {facts, report, can} = context;
  if (can.makesMediated) return;
  if (facts.boot.support.isDeclarative)
    report('blocker', 'mdev-unit-by-hand', {
      subject: parent.name,
      path,
      message:
        'Mediated devices have to be made by a systemd unit at each boot, and this system is made from a configuration that vfio-pilot adds no unit to yet.',
      remedy: `Add a systemd service to your configuration that writes the UUID to the file create of the type below /sys/class/mdev_bus/${parent.name}/mdev_supported_types, before libvirtd.`,
    });
  const {autostart} = facts.mediated;
  if (autostart !== null && !autostart.isThere)
    report('note', 'mdev-autostart-broken', {
      subject: autostart.rule,
      path,
      message: `mdevctl starts nothing at boot here: ${autostart.rule} runs ${autostart.program}, and there is no such program.`,
      remedy:
        'Nothing to do for this guest: vfio-pilot writes a unit of its own. Other definitions are not started at boot.',
    });
};

/** A guest knows its device by the UUID, and there can be one of it only. */
const judgeUuid = (context: PlanContext, {wanted, parent, type, path, name}: ChosenMediatedDevice): void => {
  const {facts, profile, others} = context;
  const {uuid} = wanted.mdev;
  const report = (message: string, remedy: string): void =>
    context.report('blocker', 'mdev-uuid-taken', {subject: name, path: `${path}.uuid`, message, remedy});
  const another = 'Give this device a UUID of its own: `uuidgen` prints one.';
  const claim = facts.guests.recorded.find(
    ({guest, mediatedDevices}) => guest !== profile.guest.name && mediatedDevices.some((one) => one.uuid === uuid),
  );
  const holder = claim?.guest ?? others.find(({use}) => use.mediated.some((one) => one.uuid === uuid))?.name;
  if (holder !== undefined) {
    report(`The guest ${holder} has the mediated device ${uuid} already.`, another);
    return;
  }
  if (isOwn(facts, profile.guest.name, uuid)) return;
  const definition = definitionsIn(facts.files).find((one) => one.uuid === uuid);
  if (definition !== undefined && (definition.parent !== parent.name || definition.type !== type.id)) {
    report(
      `${definition.path} defines ${uuid} as ${definition.type ?? 'something unreadable'} of ${definition.parent}, and not as ${name}.`,
      `${another} Or take the definition away: \`mdevctl undefine --uuid ${uuid}\`.`,
    );
    return;
  }
  const live = facts.mediated.devices.find((one) => one.uuid === uuid);
  if (live !== undefined && (live.parent !== parent.name || live.type !== type.id))
    report(
      `${uuid} is there now as ${live.type ?? 'an unknown type'} of ${live.parent}, and not as ${name}.`,
      `${another} Or take that one away: \`mdevctl stop --uuid ${uuid}\`.`,
    );
};

const isOwn = ({guests}: HostFacts, guest: string, uuid: string): boolean =>
  guests.recorded.some((claim) => claim.guest === guest && claim.mediatedDevices.some((one) => one.uuid === uuid));

export const isBoundAway = ({driver}: PciFunction): boolean => isVfioDriver(driver) || driver === 'pci-stub';
