import {UsageError} from '../../errors.ts';

/** Far more than a host runs; a captured tree from a stranger may hold any number. */
const mostGuests = 2000;

/** Before one of them is read. */
export const refuseTooMany = (directory: string, count: number): void => {
  if (count > mostGuests)
    throw new UsageError(
      `${directory} holds ${count} guests, and vfio-pilot reads at most ${mostGuests}.`,
      'Move definitions that are not needed out of that directory.',
    );
};
