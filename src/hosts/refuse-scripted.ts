import {UsageError} from '../errors.ts';
import {isScripted} from '../hypervisor/hypervisors.ts';
import type {Plan} from '../plan/plan.ts';

/** Its commands belong to another machine, and a journal of them here would say what never happened. */
export const refuseScripted = (plan: Pick<Plan, 'guest'>): void => {
  if (isScripted(plan))
    throw new UsageError(
      'This program does not run on such a host, so nothing was applied here.',
      'Run `vfio-pilot export script PROFILE --root CAPTURE > script.sh`, read it, and run it there: check, apply, undo.',
    );
};
