import type {BindingPlan, Plan} from '../plan/plan.ts';
import type {EarlyBinding} from './binding.ts';
import {earlyPciback} from './pciback/early-pciback.ts';
import {earlyVfio} from './vfio/early-vfio.ts';

/** One line for each binding. */
const makers: Readonly<Record<BindingPlan['kind'], (plan: Plan) => EarlyBinding>> = {
  vfio: earlyVfio,
  pciback: earlyPciback,
};

export const earlyBinding = (plan: Plan): EarlyBinding => makers[plan.binding.kind](plan);
