import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';

/** Two guests may be defined with one card, and many people have that; they can't run at once. */
export const judgeRivals = (context: PlanContext, assigned: readonly ChosenDevice[]): void => {
  for (const {name, use} of context.others) {
    const [first, ...rest] = assigned.filter((device) => use.hostdevs.includes(device.function.address));
    if (first === undefined) continue;
    const addresses = [first, ...rest].map((device) => device.function.address);
    context.report('warning', 'device-shared-with-guest', {
      subject: first.function.address,
      path: first.path,
      message: `The guest ${name} has ${addresses.join(' and ')} too: only one of the two guests can run at a time, and the second one does not start.`,
      remedy: `Nothing to do if that is what you want; otherwise give another card to one of them, and never let both start with the host.`,
    });
  }
};
