import type {FindingCode} from '../finding-codes.ts';
import type {Finding, Position, Severity} from '../findings.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Profile} from '../profile/profile.ts';
import {otherGuests} from './other-guests.ts';
import type {OtherGuest} from './other-guests.ts';
import type {Decision} from './plan.ts';

/** What every decision gets: the facts, the wish, and two lists to add to. */
export type PlanContext = {
  readonly facts: HostFacts;
  readonly profile: Profile;
  /** The other guests of this host, and what they take from it. */
  readonly others: readonly OtherGuest[];
  /** A finding about a profile path (`cpu.pins`) or about a host address that the profile names at `path`. */
  readonly report: (severity: Severity, code: FindingCode, finding: ReportedFinding) => void;
  readonly decide: (subject: string, choice: string, because: string) => void;
};

export type ReportedFinding = {
  readonly subject: string;
  /** Profile path whose position the message points to; the subject itself when left out. */
  readonly path?: string;
  readonly message: string;
  readonly remedy: string;
};

export type PositionOf = (path: string) => Position | null;

export const startContext = (
  facts: HostFacts,
  profile: Profile,
  positionOf: PositionOf,
): {context: PlanContext; findings: Finding[]; decisions: Decision[]} => {
  const findings: Finding[] = [];
  const decisions: Decision[] = [];
  const context: PlanContext = {
    facts,
    profile,
    others: otherGuests(facts, profile),
    report: (severity, code, {subject, path, message, remedy}) => {
      const at = positionOf(path ?? subject);
      findings.push({code, severity, subject, ...(at === null ? {} : {at}), message, remedy});
    },
    decide: (subject, choice, because) => decisions.push({subject, choice, because}),
  };
  return {context, findings, decisions};
};

/** To know early what is chosen, with its reasons, later in the order of the wizard. */
export const silently = (context: PlanContext): PlanContext => ({...context, report: () => undefined, decide: () => undefined});
