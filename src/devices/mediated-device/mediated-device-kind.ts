import type {HostFacts} from '../../facts/host-facts.ts';
import {isDisplay} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {ChosenDevice} from '../../plan/device/chosen-devices.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import type {PlannedDevice} from '../../plan/plan.ts';
import type {DeviceKind} from '../device-kind.ts';
import {matchFunction} from '../match-function.ts';
import {mediatedCandidates, proposeMediated, understandMediated} from './candidates.ts';
import {chooseType, describeType, type TypeChoice, type TypeSearch} from './choose-type.ts';
import {comingSlices} from './coming-slices.ts';
import {definitionsIn} from './definition.ts';
import {type ChosenMediatedDevice, isBoundAway, judgeMediatedDevice} from './judge-mediated-device.ts';
import {liveSlicesProbe, whySliceInUse} from './live-slices.ts';
import {
  isProfileMediatedDevice,
  mediatedDeviceFormat,
  placeOfMediated,
  type ProfileMediatedDevice,
} from './mediated-device-format.ts';
import {mediatedPromises} from './promises.ts';
import {mediatedFiles, renderMediated} from './unit.ts';

const choose = (context: PlanContext, wanted: ProfileMediatedDevice, path: string): ChosenMediatedDevice | null => {
  const own = `${path}.mdev`;
  if (!matchParent(context, wanted, own)) return null;
  const choices = chooseInOrder(context, wanted);
  const choice = choices.at(-1);
  if (choice === undefined) return null;
  if (!choice.ok) {
    const {code, key, message, remedy} = choice;
    context.report('blocker', code, {
      subject: mediatedDeviceFormat.identity(wanted),
      path: `${own}.${key}`,
      message,
      remedy,
    });
    return null;
  }
  const {parent, type} = choice.chosen;
  return {
    ...choice.chosen,
    wanted,
    name: placeOfMediated(parent.name, type.id),
    card: context.facts.pci.find(({address}) => address === parent.address) ?? null,
    path: own,
    isFirst: choices.slice(0, -1).every((one) => !one.ok || one.chosen.parent !== parent),
  };
};

/** Ids and place of a parent that is a PCI function must both hold, as of a whole one. */
const matchParent = (context: PlanContext, {mdev}: ProfileMediatedDevice, path: string): boolean => {
  const {parent, id, subsystem, upstream} = mdev;
  const [address] = mediatedDeviceFormat.addresses({kind: 'mediated-device', mdev});
  if (address === undefined) {
    if (id === null && subsystem === null && upstream === null) return true;
    context.report('blocker', 'device-mismatch', {
      subject: `mdev ${mdev.uuid}`,
      path: `${path}.${id === null ? (subsystem === null ? 'upstream' : 'subsystem') : 'id'}`,
      message: `${parent === 'auto' ? 'A parent that is chosen automatically' : parent} is named by no PCI address, so its ids cannot be checked.`,
      remedy: 'Take id, subsystem and upstream out, or name a parent by its PCI address.',
    });
    return false;
  }
  const card = matchFunction(context, {address, id, subsystem, upstream}, path);
  if (card === null) return false;
  if (!isBoundAway(card)) return true;
  context.report('blocker', 'mdev-parent-is-bound', {
    subject: card.address,
    path: `${path}.parent`,
    message: `${describeFunction(card)} is with ${card.driver}, and only its own driver makes slices of it.`,
    remedy:
      'Find what binds it (`vfio-pilot history`, vfio-pci.ids=, /etc/modprobe.d), undo that, reboot, and plan again.',
  });
  return false;
};

/** Of the slices of the profile up to this one: they are chosen in order, and each leaves less for the next. */
const chooseInOrder = ({facts, profile}: PlanContext, last: ProfileMediatedDevice): readonly TypeChoice[] => {
  const all = profile.devices.filter(isProfileMediatedDevice);
  const coming = [...comingSlices(facts, profile.guest.name)];
  return all.slice(0, all.indexOf(last) + 1).map((wanted) => {
    const {uuid} = wanted.mdev;
    const former = formerPlace(facts, profile.guest.name, uuid);
    const choice = chooseType(
      {facts, coming, former, node: profile.cpu.node === 'auto' ? null : profile.cpu.node},
      wanted,
    );
    if (choice.ok && !facts.mediated.devices.some((one) => one.uuid === uuid)) {
      const {parent, type} = choice.chosen;
      coming.push({parent: parent.name, type: type.id, vramMiB: type.vramMiB});
    }
    return choice;
  });
};

/** Where an earlier run, a definition or the kernel has the slice; the first of them that knows it counts. */
const formerPlace = (facts: HostFacts, guest: string, uuid: string): TypeSearch['former'] => {
  const recorded = facts.guests.recorded.filter((claim) => claim.guest === guest);
  const former = [
    ...recorded.flatMap(({mediatedDevices}) => mediatedDevices),
    ...definitionsIn(facts.files),
    ...facts.mediated.devices,
  ].find((one) => one.uuid === uuid);
  return former === undefined || former.type === null ? null : {parent: former.parent, type: former.type};
};

const chosenDevice = (own: ChosenMediatedDevice): ChosenDevice => ({
  kind: 'mediated-device',
  path: own.path,
  name: own.name,
  functions: [],
  hostdevs: [],
  isDisplay: own.card !== null && isDisplay(own.card),
  numaNode: own.parent.numaNode,
  judge: (context, _all, taken) => judgeMediatedDevice(context, own, taken),
  plan: (context) => planDevice(context, own),
});

const planDevice = (context: PlanContext, own: ChosenMediatedDevice): PlannedDevice => {
  const {parent, type, card, wanted} = own;
  const {uuid, attributes, display} = wanted.mdev;
  context.decide('devices', `${parent.name}: ${describeType(type)} as ${uuid}`, own.because);
  return {
    kind: 'mediated-device',
    address: null,
    id: null,
    name: card?.name ?? parent.name,
    class: card?.class ?? null,
    iommuGroup: null,
    numaNode: parent.numaNode,
    bindBy: null,
    driver: null,
    assigned: {
      type: 'mediated-device',
      uuid,
      parent: parent.name,
      of: card?.address ?? null,
      mdevType: type.id,
      vramMiB: type.vramMiB,
      attributes,
      display,
      madeBy: context.can.makesMediated ? 'hypervisor' : 'unit',
    },
  };
};

/** A slice that a driver makes of its device (vGPU, GVT-g). The device and its driver stay with the host. */
export const mediatedDeviceKind: DeviceKind = {
  ...mediatedDeviceFormat,
  files: mediatedFiles,
  match: (context, device, path) => {
    if (!isProfileMediatedDevice(device)) return null;
    const own = choose(context, device, path);
    return own === null ? null : chosenDevice(own);
  },
  complete: () => [],
  prepare: renderMediated,
  promises: mediatedPromises,
  candidates: mediatedCandidates,
  understand: understandMediated,
  propose: proposeMediated,
  whyInUse: whySliceInUse,
  probes: {'mediated-devices': liveSlicesProbe},
};
