import type {Change} from '../changes/change.ts';
import {argvOf} from '../changes/compare-artifacts.ts';
import type {Preview} from '../changes/preview.ts';
import {type Check, described, flag, listOf, literal, nullable, shape, text, wordOf} from '../decode/decode.ts';
import {findingShape} from '../facts/shapes/facts-document.ts';
import {type Finding, withPlace} from '../findings/finding.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import {planMembers} from '../plan/decode-plan.ts';
import type {Plan} from '../plan/plan.ts';

/** Documents of several commands under `--json`, and the shapes that `schema` prints of them. */

/** What is printed instead of any other document when a command fails. */
export type ErrorDocument = {
  readonly version: 1;
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly nextStep: string;
    readonly isRestored: boolean | null;
  };
};

export type ErrorCode =
  | 'usage'
  | 'no-rights'
  | 'nothing-applied'
  | 'locked'
  | 'restored'
  | 'not-restored'
  | 'interrupted'
  | 'command-failed'
  | 'machine'
  | 'bug';

const error = shape<ErrorDocument['error']>({
  code: wordOf<ErrorCode>({
    usage: true,
    'no-rights': true,
    'nothing-applied': true,
    locked: true,
    restored: true,
    'not-restored': true,
    interrupted: true,
    'command-failed': true,
    machine: true,
    bug: true,
  }),
  message: text,
  nextStep: text,
  isRestored: described(
    nullable(flag),
    'Whether the machine is as before; null where nothing was begun, or nobody can tell.',
  ),
});

export const errorShape = shape<ErrorDocument>({version: literal(1), error});

export const findingsShape = listOf(findingShape);

/** A profile that cannot be used, with all its mistakes. */
export type Unreadable = {readonly kind: 'unreadable'; readonly findings: readonly Finding[]};

export type UnreadableDocument = ErrorDocument & {
  readonly findings: readonly Finding[];
  readonly changes: readonly [];
};

export const unreadableDocument = ({findings}: Unreadable): UnreadableDocument => {
  const [first] = findings;
  return {
    version: 1,
    error: {
      code: 'usage',
      message: first === undefined ? 'The profile cannot be used.' : withPlace(first),
      nextStep: first?.remedy ?? 'Correct the profile.',
      isRestored: null,
    },
    findings,
    changes: [],
  };
};

const noChanges: Check<readonly []> = {problemOf: () => null, schema: {type: 'array', maxItems: 0}};

export const unreadableShape = shape<UnreadableDocument>({
  version: literal(1),
  error,
  findings: findingsShape,
  changes: noChanges,
});

/** Whether the host has to be started anew. */
export type Reboot = {
  readonly rebootRequired: boolean;
  readonly pending: boolean | null;
};

export const rebootMembers = {
  rebootRequired: described(flag, 'The plan is true only after a reboot, or is applied already and waits for it.'),
  pending: described(
    nullable(flag),
    'What is applied on this host waits for a reboot; null where only root could read that, and where it is unknown.',
  ),
} as const;

/** `needed`: of the plan, were it written now. What is written already says by itself whether it waits. */
export const rebootOf = (changes: readonly Change[], needed: boolean, pending: boolean | null): Reboot => ({
  rebootRequired: changes.length === 0 ? (pending ?? needed) : needed,
  pending,
});

export type ChangeDocument = Pick<Change, 'path' | 'kind' | 'diff' | 'why'> & {
  readonly argv: readonly string[] | null;
};

export const changeDocument = (change: Change): ChangeDocument => {
  const {path, kind, diff, why} = change;
  return {path, kind, argv: change.kind === 'run' ? argvOf(change.command) : null, diff, why};
};

export type PreviewDocument = Reboot & {
  readonly version: 1;
  readonly profile: string;
  readonly findings: readonly Finding[];
  readonly kernelArguments: {readonly add: readonly string[]; readonly remove: readonly string[]};
  readonly changes: readonly ChangeDocument[];
} & Pick<Plan, 'devices' | 'binding' | 'pinning' | 'memory' | 'isolation' | 'guest' | 'handover' | 'decisions'>;

/** What `plan --json` prints: kernel arguments as plain text, each with its reason. */
export const previewDocument = ({plan: decided, findings, changes}: Preview, reboot: Reboot): PreviewDocument => ({
  version: 1,
  profile: decided.profile,
  ...reboot,
  findings,
  devices: decided.devices,
  binding: decided.binding,
  kernelArguments: {
    add: decided.kernelArguments.add.map((argument) => argument.text),
    remove: decided.kernelArguments.remove.map((argument) => argument.text),
  },
  pinning: decided.pinning,
  memory: decided.memory,
  isolation: decided.isolation,
  guest: decided.guest,
  handover: decided.handover,
  decisions: decided.decisions,
  changes: changes.map(changeDocument),
});

const texts = listOf(text);

export const changeShape = shape<ChangeDocument>({
  path: described(text, 'The file or link; of a command that is run, its words in one line.'),
  kind: wordOf<Change['kind']>({create: true, replace: true, remove: true, run: true}),
  argv: described(nullable(texts), 'The words of the command that is run; null for a file or a link.'),
  diff: text,
  why: texts,
});

/** Members of `PreviewDocument`, for documents that add to it. */
export const previewMembers = {
  version: literal(1),
  profile: text,
  ...rebootMembers,
  findings: findingsShape,
  devices: planMembers.devices,
  binding: planMembers.binding,
  kernelArguments: shape<PreviewDocument['kernelArguments']>({add: texts, remove: texts}),
  pinning: planMembers.pinning,
  memory: planMembers.memory,
  isolation: planMembers.isolation,
  guest: planMembers.guest,
  handover: planMembers.handover,
  decisions: planMembers.decisions,
  changes: listOf(changeShape),
} as const;

export const promisesShape = listOf(
  shape<PromiseResult>({
    id: text,
    status: wordOf<PromiseResult['status']>({kept: true, broken: true, pending: true, unknown: true}),
    promise: text,
    fact: text,
    remedy: nullable(text),
  }),
);
