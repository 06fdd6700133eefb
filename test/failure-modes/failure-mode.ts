import type {FindingCode} from '../../src/findings/codes.ts';

/** One way in which real set-ups break, and what becomes of it here. */
export type FailureMode = {
  readonly number: number;
  readonly what: string;
  /** Where people met it: public threads, or the code that does it. */
  readonly sources?: readonly string[];
  /**
   * `prevented`: nothing that is written can do it. `blocked`: not applied before the user changes something. `told`: a
   * finding or check before anything is written. `verified`: seen after the reboot. `not served`: outside of what this
   * program does; it says so, or leaves what is there alone.
   */
  readonly handled: readonly ('prevented' | 'blocked' | 'told' | 'verified' | 'not served')[];
  readonly how: string;
  /** Finding codes; ids of checks and of promises. */
  readonly codes?: readonly FindingCode[];
  readonly checks?: readonly string[];
  readonly promises?: readonly string[];
  /** Of test/lab/scenarios, that show it; the host trees that do are in host-evidence.ts. */
  readonly scenarios?: readonly string[];
};
