/** One thing that the plan promised, compared with the machine, read again. */
export type PromiseResult = {
  readonly id: string;
  /** `pending`: can only be so after a reboot, and there was none yet. */
  readonly status: 'kept' | 'broken' | 'pending' | 'unknown';
  readonly promise: string;
  readonly fact: string;
  /** `null` where nothing is to do. */
  readonly remedy: string | null;
};
