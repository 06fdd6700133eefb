import type {PciFunction} from '../facts/pci.ts';
import type {PlanContext} from '../plan/context.ts';
import {describeFunction, idOf} from '../plan/device/describe-function.ts';
import type {NamedFunction} from './named-function.ts';
import {listWords} from '../words/list-words.ts';

/** Ids say which card it is, the address where it was: both must hold, and nothing is guessed. `path`: where its keys are. */
export const matchFunction = (context: PlanContext, wanted: NamedFunction, path: string): PciFunction | null => {
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
  const what = [wanted.id, wanted.subsystem === null ? null : `subsystem ${wanted.subsystem}`]
    .filter((part) => part !== null)
    .join(', ');
  const where =
    there === undefined
      ? `nothing is at ${wanted.address} on this machine`
      : `${wanted.address} is ${describeFunction(there)}`;
  if (elsewhere.length > 0) {
    context.report('blocker', 'device-moved', {
      subject: wanted.address,
      path: `${path}.address`,
      message: `The profile means ${what} at ${wanted.address}, but ${where}; the same ids are at ${listWords(elsewhere.map((device) => device.address))}.`,
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

const judgeUpstream = (context: PlanContext, wanted: NamedFunction, found: PciFunction, path: string): void => {
  if (wanted.upstream === null || wanted.upstream.join() === found.upstream.join()) return;
  context.report('blocker', 'device-moved', {
    subject: wanted.address,
    path: `${path}.upstream`,
    message: `${wanted.address} has the right ids, but sits below ${found.upstream.join(' → ') || 'the root bus'} and not below ${wanted.upstream.join(' → ')}: cards were moved, and this may be a twin.`,
    remedy: `Check with \`vfio-pilot groups\` that it is the card you mean, then correct ${path}.upstream.`,
  });
};
