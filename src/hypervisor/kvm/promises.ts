import type {HostFacts} from '../../facts/host-facts.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import type {Plan} from '../../plan/plan.ts';
import {kvmPlanOf} from './kvm-plan.ts';

/** What the guest needs of the host whenever it starts. */
export const kvmPromises = (facts: HostFacts, planned: Plan): readonly PromiseResult[] =>
  kvmPlanOf(planned).guest.evdev.map(({path}) => inputPromise(facts, path));

const inputPromise = ({inputs}: HostFacts, path: string): PromiseResult => {
  const isThere = inputs?.some((input) => input.path === path) ?? null;
  return {
    id: 'guest-input',
    status: isThere === null ? 'unknown' : isThere ? 'kept' : 'broken',
    promise: `${path} is there for the guest.`,
    fact:
      isThere === null ? 'This host has no /dev/input here.' : isThere ? 'It is plugged in.' : 'It is not plugged in.',
    remedy: isThere === false ? 'Plug it in before the guest starts, or take it out of guest.evdev and apply.' : null,
  };
};
