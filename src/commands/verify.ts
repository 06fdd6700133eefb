import {basename} from 'node:path';
import {realMachine} from '../system/real-machine.ts';
import {findInterrupted} from '../transaction/recover.ts';
import {readAppliedPlan} from '../transaction/history.ts';
import {printable} from '../ui/printable.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import type {PromiseResult} from '../verify/promise.ts';
import {listingCommands} from '../verify/verify-images.ts';
import {verifyPlan} from '../verify/verify-plan.ts';
import {UsageError} from '../errors.ts';
import {readBootId} from './apply-preview.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {paint} from './describe-finding.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {requireRights} from './start-machine.ts';

export const verify = async (context: CommandContext): Promise<number> => {
  const root = await chooseRoot(context);
  requireRights(root);
  const machine = realMachine(root);
  const applied = decodeAppliedPlan(readAppliedPlan(machine));
  if (applied === null) throw new UsageError('Nothing is applied on this host, so there is nothing to verify.', 'Apply a profile first: `vfio-pilot apply PROFILE`.');
  for (const id of findInterrupted(machine)) context.err(`Run ${id} was interrupted; the next apply or rollback finishes it first.\n`);
  const {facts, source} = await openHost(context, root);
  const listings = Object.fromEntries(listingCommands(facts, applied.plan).map(({path, argv: [program = '', ...args]}) => [path, source.run(basename(program), args)]));
  const results = verifyPlan(facts, applied, readBootId(source), listings);
  context.out(context.options.isJson ? `${JSON.stringify({version: 1, profile: applied.plan.profile, promises: results}, null, 2)}\n` : describeResults(results, context.hasColor));
  return results.every((result) => result.status === 'kept' || result.status === 'unknown') ? exitCodes.done : exitCodes.blocked;
};

const marks = {kept: ['kept    ', '32'], broken: ['NOT KEPT', '31;1'], pending: ['pending ', '33'], unknown: ['unknown ', '36']} as const;

export const describeResults = (results: readonly PromiseResult[], hasColor: boolean): string => {
  const lines = results.map(({status, promise, fact, remedy}) => {
    const [mark, sgr] = marks[status];
    return `${paint(mark, sgr, hasColor)}  ${printable(promise)} ${printable(fact)}\n${remedy === null ? '' : `          → ${printable(remedy)}\n`}`;
  });
  const count = (status: PromiseResult['status']): number => results.filter((result) => result.status === status).length;
  return `${lines.join('')}\n${count('kept')} kept, ${count('broken')} not kept, ${count('pending')} pending, ${count('unknown')} unknown\n`;
};
