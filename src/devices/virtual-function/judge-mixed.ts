import type {PciFunction} from '../../facts/pci.ts';
import type {PlanContext} from '../../plan/context.ts';
import {claimsOn, pooledClaimsOn} from './choose-count.ts';
import {isProfilePooledFunction} from './pooled-function-format.ts';
import {identityOfVirtualFunction, isProfileVirtualFunction} from './virtual-function-format.ts';

/**
 * libvirt takes any virtual function of a card for a pool that no guest has just then, one that another guest has by its
 * number too: that guest does not start any more. So a card gives its virtual functions in one of the two ways.
 */
export const judgeMixed = (
  {facts, profile, report}: PlanContext,
  {parent, path, isPooled}: {readonly parent: PciFunction; readonly path: string; readonly isPooled: boolean},
): void => {
  const {address} = parent;
  const other = isPooled ? byNumber(facts, profile, address) : inPool(facts, profile, address);
  if (other === null) return;
  report('blocker', 'vf-pool-mixed', {
    subject: address,
    path,
    message: isPooled
      ? `${other} by its number, and libvirt would give this guest any free one of ${address}, that one too.`
      : `${other} any free virtual function of ${address}, also the one that this guest gets by its number.`,
    remedy: isPooled
      ? 'Give this guest a number too (`function:` with `index:`), or all guests of this card any (`anyFunction:`).'
      : 'Use `anyFunction:` here too, or give all guests of this card a number (`function:` with `index:`).',
  });
};

type Facts = PlanContext['facts'];
type Profile = PlanContext['profile'];

const byNumber = (facts: Facts, {devices, guest}: Profile, of: PciFunction['address']): string | null => {
  const own = devices.filter(isProfileVirtualFunction).find((device) => device.function.of.address === of);
  if (own !== undefined) return `This guest has ${identityOfVirtualFunction(of, own.function.index)}`;
  const [claim] = claimsOn(facts, of, guest.name);
  return claim === undefined ? null : `The guest ${claim.guest} has ${identityOfVirtualFunction(of, claim.index)}`;
};

const inPool = (facts: Facts, {devices, guest}: Profile, of: PciFunction['address']): string | null => {
  if (devices.filter(isProfilePooledFunction).some(({anyFunction}) => anyFunction.of.address === of))
    return 'This guest gets';
  const [claim] = pooledClaimsOn(facts, of, guest.name);
  return claim === undefined ? null : `The guest ${claim.guest} gets`;
};
