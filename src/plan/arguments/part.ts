import type {KernelArgument} from '../plan.ts';

/** What one decision wants on a command line. */
export type Part = {
  readonly add?: readonly KernelArgument[];
  readonly remove?: readonly KernelArgument[];
  /** Keys that are ours: a token with such a key that is not added is stale. */
  readonly owned?: readonly string[];
};
