import type {PciFunction} from '../host/facts.ts';
import type {ProfileDevice} from '../profile/profile.ts';
import type {PlanContext} from './context.ts';
import {silently} from './context.ts';
import {judgeDevice} from './judge-device.ts';
import {judgeGroup} from './judge-group.ts';
import {judgeNeeds} from './judge-needs.ts';
import {judgeRivals} from './judge-rivals.ts';
import {keptBindings} from './kept-bindings.ts';
import {describeFunction, idOf, isDisplay, slotOf} from './describe-function.ts';

export type ChosenDevice = {
  readonly function: PciFunction;
  readonly rom: string | null;
  /** Profile path, for positions in messages. */
  readonly path: string;
};

export type ChosenDevices = {
  /** Given to the guest. */
  readonly assigned: readonly ChosenDevice[];
  /** In the group, accepted by the user as lost to the host, bound to vfio-pci and given to nobody. */
  readonly groupMates: readonly PciFunction[];
};

export const chooseDevices = (context: PlanContext): ChosenDevices => {
  const named = context.profile.devices.flatMap((device, index) => {
    const found = matchDevice(context, device, `devices[${index}]`);
    return found === null ? [] : [{function: found, rom: device.rom, path: `devices[${index}].address`}];
  });
  const assigned = withWholeCards(context, named);
  const ofOthers = keptBindings(context, []);
  const taken = [...assigned.map((device) => device.function), ...judgeGroup(silently(context), assigned), ...ofOthers].map((device) => device.address);
  for (const device of assigned) judgeDevice(context, device, assigned, taken);
  judgeRivals(context, assigned);
  const groupMates = judgeGroup(context, assigned);
  for (const mate of groupMates) judgeNeeds(context, mate, 'host.acceptGroupMates', taken);
  return {assigned, groupMates};
};

/** Ids say which card it is, the address where it was: both must hold, and nothing is guessed. */
const matchDevice = (context: PlanContext, wanted: ProfileDevice, path: string): PciFunction | null => {
  const {pci} = context.facts;
  const there = pci.find((device) => device.address === wanted.address);
  const isSame = (device: PciFunction): boolean =>
    (wanted.id === null || idOf(device) === wanted.id) &&
    (wanted.subsystem === null || device.subsystem === null || device.subsystem === wanted.subsystem);
  if (there !== undefined && isSame(there)) {
    judgeUpstream(context, wanted, there, path);
    return there;
  }
  const elsewhere = wanted.id === null ? [] : pci.filter(isSame);
  const what = [wanted.id, wanted.subsystem === null ? null : `subsystem ${wanted.subsystem}`].filter((part) => part !== null).join(', ');
  const where =
    there === undefined ? `nothing is at ${wanted.address} on this machine` : `${wanted.address} is ${describeFunction(there)}`;
  if (elsewhere.length > 0) {
    context.report('blocker', 'device-moved', {
      subject: wanted.address,
      path: `${path}.address`,
      message: `The profile means ${what} at ${wanted.address}, but ${where}; the same ids are at ${elsewhere.map((device) => device.address).join(' and ')}.`,
      remedy: `If that is the card you mean, set ${path}.address to ${elsewhere.length === 1 ? elsewhere[0]?.address : 'its address'} and plan again.`,
    });
  } else {
    context.report('blocker', there === undefined ? 'device-missing' : 'device-mismatch', {
      subject: wanted.address,
      path: `${path}.address`,
      message: `The profile means ${what === '' ? 'a device' : what} at ${wanted.address}, but ${where}${wanted.id === null ? '' : ', and no device here has these ids'}.`,
      remedy: 'Is this the machine that the profile was made on? `vfio-pilot groups` lists the devices of this one.',
    });
  }
  return null;
};

const judgeUpstream = (context: PlanContext, wanted: ProfileDevice, found: PciFunction, path: string): void => {
  if (wanted.upstream === null || wanted.upstream.join() === found.upstream.join()) return;
  context.report('blocker', 'device-moved', {
    subject: wanted.address,
    path: `${path}.upstream`,
    message: `${wanted.address} has the right ids, but sits below ${found.upstream.join(' → ') || 'the root bus'} and not below ${wanted.upstream.join(' → ')}: cards were moved, and this may be a twin.`,
    remedy: `Check with \`vfio-pilot groups\` that it is the card you mean, then correct ${path}.upstream.`,
  });
};

/** The functions of a plugged-in card reset together and go to one guest together; chipset slots (00:1f.x) are no card. */
const withWholeCards = (context: PlanContext, named: readonly ChosenDevice[]): readonly ChosenDevice[] => {
  const added: ChosenDevice[] = [];
  for (const device of named) {
    if (!isDisplay(device.function) && device.function.upstream.length === 0) continue;
    if (isDisplay(device.function) && device.function.upstream.length === 0 && /:00:[0-9a-f]{2}\./.test(device.function.address)) continue;
    for (const companion of context.facts.pci) {
      const isKnown = [...named, ...added].some((other) => other.function.address === companion.address);
      if (isKnown || slotOf(companion.address) !== slotOf(device.function.address) || companion.isBridge) continue;
      added.push({function: companion, rom: null, path: device.path});
      context.decide('devices', companion.address, `it is a function of the same card as ${device.function.address}, and the functions of a card are reset and assigned together`);
    }
  }
  return [...named, ...added];
};
