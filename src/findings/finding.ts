import type {FindingCode} from './codes.ts';

export type Severity = 'blocker' | 'warning' | 'note';

/** Where in a text file: 1-based line and column. */
export type Position = {readonly file: string; readonly line: number; readonly column: number};

/** `/etc/default/grub:3:12`, as compilers say it. */
export const describePlace = ({file, line, column}: Position): string => `${file}:${line}:${column}`;

/** For an error, which has no place of its own. */
export const withPlace = ({at, message}: Pick<Finding, 'at' | 'message'>): string =>
  at === undefined ? message : `${describePlace(at)}: ${message}`;

/**
 * Something the user must know, collected and never thrown.
 * A blocker stops `apply`; `subject` is a profile path (`devices[0].address`) or a host path or address.
 */
export type Finding = {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly subject: string;
  readonly at?: Position;
  readonly message: string;
  readonly remedy: string;
};

export const isBlocked = (findings: readonly Finding[]): boolean =>
  findings.some((finding) => finding.severity === 'blocker');
