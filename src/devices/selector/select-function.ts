import type {HostFacts} from '../../facts/host-facts.ts';
import type {PciFunction} from '../../facts/pci.ts';
import {describeFunction, idOf} from '../../plan/device/describe-function.ts';
import type {ProfileFunction} from '../function/function-format.ts';
import {describeSelector, type ProfileSelector, type Selector} from './selector-format.ts';

/** The function of this host, or why there is none, and what might have been meant. */
export type Selected =
  | {readonly ok: true; readonly device: ProfileFunction; readonly because: string}
  | {
      readonly ok: false;
      readonly code: 'selector-no-match' | 'selector-ambiguous';
      readonly message: string;
      readonly remedy: string;
    };

/** Exactly one, and nothing is guessed. Bridges stay with the host, and virtual functions have a kind of their own. */
export const selectFunction = ({pci}: HostFacts, {match, rom}: ProfileSelector): Selected => {
  const left = pci.filter((one) => !one.isBridge && one.physicalFunction === null && fits(one, match));
  const found = match.nth === null ? left : left.slice(match.nth - 1, match.nth);
  const [device] = found;
  if (device === undefined)
    return {
      ok: false,
      code: 'selector-no-match',
      message: `No function of this host is what the profile asks for: ${describeSelector(match)}.${near(pci, match, left)}`,
      remedy: 'Choose another one with `match`; `vfio-pilot groups` lists the devices of this host.',
    };
  if (found.length > 1)
    return {
      ok: false,
      code: 'selector-ambiguous',
      message: `${found.length} functions of this host are what the profile asks for (${describeSelector(match)}): ${list(found)}.`,
      remedy: 'Choose one with `match: {subsystem: …, slot: …, boot: no}`, or the first with `match: {nth: 1}`.',
    };
  return {
    ok: true,
    device: {
      kind: 'function',
      address: device.address,
      id: idOf(device),
      subsystem: device.subsystem,
      upstream: device.upstream.length === 0 ? null : device.upstream,
      rom,
    },
    because: `it is what the profile asks for: ${describeSelector(match)}`,
  };
};

const fits = (one: PciFunction, {id, subsystem, class: pciClass, slot, node, boot}: Selector): boolean =>
  (id === null || idOf(one) === id) &&
  (subsystem === null || one.subsystem === subsystem) &&
  (pciClass === null || one.class.startsWith(pciClass)) &&
  (slot === null || one.upstream.includes(slot)) &&
  (node === null || one.numaNode === node) &&
  (boot === null || one.bootVga === boot);

const strong = ['id', 'subsystem', 'class', 'slot'] as const;

/** Those that only one condition speaks against, where another one still says which card is meant. */
const near = (pci: readonly PciFunction[], match: Selector, left: readonly PciFunction[]): string => {
  if (match.nth !== null && left.length > 0) return ` There are ${left.length}: ${list(left)}.`;
  const looser = ([...strong, 'node', 'boot'] as const)
    .filter((condition) => match[condition] !== null)
    .map((condition): Selector => ({...match, [condition]: null}))
    .filter((loose) => strong.some((condition) => loose[condition] !== null));
  const almost = pci.filter((one) => !one.isBridge && looser.some((loose) => fits(one, loose)));
  return almost.length === 0 ? '' : ` Nearly: ${list(almost)}.`;
};

const most = 8;

const list = (functions: readonly PciFunction[]): string =>
  functions
    .slice(0, most)
    .map((one) => describeFunction(one))
    .join('; ') + (functions.length > most ? ` and ${functions.length - most} more` : '');
