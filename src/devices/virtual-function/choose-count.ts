import type {HostFacts} from '../../facts/host-facts.ts';
import type {ClaimedPooledFunction, ClaimedVirtualFunction} from '../../facts/guest-claims.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {isProfilePooledFunction} from './pooled-function-format.ts';
import {isProfileVirtualFunction} from './virtual-function-format.ts';

export type Count = {
  /** Virtual functions that the physical one makes at boot. */
  readonly count: number;
  readonly because: string;
  /** Whether guests get all of them. */
  readonly isAllTaken: boolean;
};

/** Of guests that are set up here, without `guest`. */
export const claimsOn = (
  {guests}: Pick<HostFacts, 'guests'>,
  parent: PciAddress,
  guest: string | null,
): readonly (ClaimedVirtualFunction & {readonly guest: string})[] =>
  guests.recorded
    .filter((claim) => claim.guest !== guest)
    .flatMap((claim) =>
      claim.virtualFunctions.filter(({of}) => of === parent).map((one) => ({...one, guest: claim.guest})),
    );

/** Of guests that are set up here and get any free one, without `guest`. */
export const pooledClaimsOn = (
  {guests}: Pick<HostFacts, 'guests'>,
  parent: PciAddress,
  guest: string | null,
): readonly (ClaimedPooledFunction & {readonly guest: string})[] =>
  guests.recorded
    .filter((claim) => claim.guest !== guest)
    .flatMap((claim) =>
      claim.pooledFunctions.filter(({of}) => of === parent).map((one) => ({...one, guest: claim.guest})),
    );

/**
 * One number for all guests of the card: it can be changed only by taking all virtual functions away, so what is there
 * stays there unless the profile says another number.
 */
export const chooseCount = ({facts, profile}: PlanContext, parent: PciFunction): Count => {
  const own = profile.devices
    .filter(isProfileVirtualFunction)
    .map((device) => device.function)
    .filter(({of}) => of.address === parent.address);
  const others = claimsOn(facts, parent.address, profile.guest.name);
  const pooled = profile.devices
    .filter(isProfilePooledFunction)
    .map(({anyFunction}) => anyFunction)
    .filter(({of}) => of.address === parent.address);
  const otherPooled = pooledClaimsOn(facts, parent.address, profile.guest.name);
  const inPool = pooled.length + otherPooled.length;
  const isAuto = [...own, ...pooled].every(({count}) => count === 'auto');
  const present = isAuto ? (parent.sriov?.enabled ?? 0) : 0;
  const reasons: readonly (readonly [number, string])[] = [
    [present, `it has ${present} now`],
    ...(parent.driver === 'nvidia' ? [[parent.sriov?.total ?? 0, 'NVIDIA’s program makes all of them'] as const] : []),
    ...own.map(({count, index}): readonly [number, string] =>
      count === 'auto' ? [index + 1, `number ${index} is the last one that this guest gets`] : [count, 'you chose it'],
    ),
    ...pooled.flatMap(({count}): readonly (readonly [number, string])[] =>
      count === 'auto' ? [] : [[count, 'you chose it']],
    ),
    ...(inPool === 0
      ? []
      : [[inPool, inPool === 1 ? 'this guest takes one of them' : `${inPool} guests take one each`] as const]),
    ...[...others, ...otherPooled].map(({count, guest}): readonly [number, string] => [
      count,
      `the guest ${guest} was set up with ${count}`,
    ]),
  ];
  const count = Math.max(...reasons.map(([number]) => number));
  const taken = new Set([...own, ...others].map(({index}) => index));
  return {
    count,
    because: reasons.find(([number]) => number === count)?.[1] ?? '',
    isAllTaken: Array.from({length: count}, (_, index) => index).every((index) => taken.has(index)),
  };
};
