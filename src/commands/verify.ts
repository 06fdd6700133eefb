import {literal, shape, text} from '../decode/decode.ts';
import {NoRightsError, NothingAppliedError, UsageError} from '../errors.ts';
import type {PromiseResult} from '../findings/promise-result.ts';
import type {AppliedRun} from '../hosts/applied-run.ts';
import type {Host} from '../hosts/host.ts';
import {unreadableError} from '../transaction/runs.ts';
import {isPending} from '../verify/verify-plan.ts';
import {printable} from '../words/printable.ts';
import {type Command, type Context, exitCodes, type Style} from './command.ts';
import {withPlace} from '../findings/finding.ts';
import {paint} from './describe-finding.ts';
import {loadProfile} from './load.ts';
import {promisesShape, type Reboot, rebootMembers} from './documents.ts';
import {describeVisible} from './visible-state.ts';
import {noteUnreadable} from './writing.ts';

type Verified = {
  readonly profile: string;
  readonly promises: readonly PromiseResult[];
  readonly pending: boolean | null;
};

type Document = Omit<Verified, 'pending'> & Reboot & {readonly version: 1};

export const verify: Command<{profile?: string; host?: string}, Verified, Document> = {
  run: async (context) => {
    if (context.options.host !== undefined && context.options.profile === undefined)
      throw new UsageError(
        '--host needs --profile: what was applied on that host is kept there, and not read.',
        'Write `vfio-pilot verify --profile FILE --host USER@HOST`; or run `vfio-pilot verify` on that host.',
      );
    const host = await context.host();
    if (context.options.profile !== undefined) return verifyProfile(context.options.profile, host);
    const run = await readApplied(context, host);
    const unreadable = await host.unreadable();
    const [lost] = unreadable.filter(({kind}) => kind !== 'stray');
    if (run === null && lost !== undefined) throw unreadableError(lost);
    noteUnreadable(context, unreadable);
    if (run === null)
      throw new NothingAppliedError(
        'Nothing is applied on this host, so there is nothing to verify.',
        'Apply a profile first: `vfio-pilot apply PROFILE`.',
      );
    for (const id of await host.interrupted())
      context.note(`Run ${id} was interrupted; the next apply or rollback finishes it first.\n`);
    const {entry, applied} = run;
    const promises = await host.verify(run);
    return {
      profile: applied.isValid ? applied.value.plan.profile : entry.profile,
      promises,
      // Without a known boot no promise is pending, and a broken one may still be.
      pending:
        context.json && !isPending(promises) && promises.some(({status}) => status === 'broken')
          ? await host.awaitsReboot(await host.facts())
          : isPending(promises),
    };
  },
  exitCode: ({promises}) =>
    promises.every(({status}) => status === 'kept' || status === 'unknown') ? exitCodes.done : exitCodes.blocked,
  document: ({profile, promises, pending}) => ({
    version: 1,
    profile,
    rebootRequired: pending !== false,
    pending,
    promises,
  }),
  shape: shape<Document>({version: literal(1), profile: text, ...rebootMembers, promises: promisesShape}),
  describe: ({promises}, style) => describeResults(promises, style),
};

/** What this profile would be here: its plan was made true by a script, or by hand. */
const verifyProfile = async (path: string, host: Host): Promise<Verified> => {
  const loaded = loadProfile(path);
  const [mistake] = loaded.findings;
  if (!loaded.isValid)
    throw new UsageError(
      `${path} is no usable profile: ${mistake?.message ?? 'unknown'}`,
      'Run `vfio-pilot profile check`.',
    );
  const {preview} = await host.preview(loaded.profile, loaded.positionOf);
  const blocker = preview.findings.find(({severity}) => severity === 'blocker');
  if (blocker !== undefined)
    throw new UsageError(`${path} does not fit this host: ${withPlace(blocker)}`, blocker.remedy);
  const promises = await host.verifyPlan(preview.plan);
  return {profile: preview.plan.profile, promises, pending: isPending(promises)};
};

/** Without root: what can be seen of a set-up, before the error that says why no promise is checked. */
const readApplied = async ({show}: Context<unknown>, host: Host): Promise<AppliedRun | null> => {
  try {
    return await host.applied();
  } catch (error) {
    if (error instanceof NoRightsError) show(describeVisible(await host.facts()));
    throw error;
  }
};

const marks = {
  kept: ['kept    ', '32'],
  broken: ['NOT KEPT', '31;1'],
  pending: ['pending ', '33'],
  unknown: ['unknown ', '36'],
} as const;

export const describeResults = (results: readonly PromiseResult[], {hasColor, hint}: Style): string => {
  const lines = results.map(({status, promise, fact, remedy}, index) => {
    const [mark, sgr] = marks[status];
    // Once below all that it is for.
    const isToldBelow = results[index + 1]?.remedy === remedy;
    return `${paint(mark, sgr, hasColor)}  ${printable(promise)} ${printable(fact)}\n${remedy === null || isToldBelow ? '' : `          → ${printable(hint(remedy))}\n`}`;
  });
  const count = (status: PromiseResult['status']): number =>
    results.filter((result) => result.status === status).length;
  return `${lines.join('')}\n${count('kept')} kept, ${count('broken')} not kept, ${count('pending')} pending, ${count('unknown')} unknown\n`;
};
