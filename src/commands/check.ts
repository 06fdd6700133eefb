import {describeCount} from '../checks/check.ts';
import type {Check} from '../checks/check.ts';
import {runChecks} from '../checks/run-checks.ts';
import {printable} from '../ui/printable.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeFindings, paint} from './describe-finding.ts';
import {openHost} from './open-host.ts';

export const check = async (context: CommandContext): Promise<number> => {
  const {facts} = await openHost(context);
  const checks = runChecks(facts);
  const exitCode = checks.some((one) => one.status === 'error') ? exitCodes.blocked : exitCodes.done;
  if (context.options.isJson) {
    context.out(`${JSON.stringify({version: 1, checks, findings: facts.notes}, null, 2)}\n`);
    return exitCode;
  }
  context.out(checks.map((one) => describeCheck(one, context.hasColor)).join(''));
  context.err(describeFindings(facts.notes, context.hasColor));
  context.out(`\n${summary(checks)}\n`);
  return exitCode;
};

const marks = {ok: ['ok     ', '32'], info: ['info   ', '36'], warning: ['WARNING', '33;1'], error: ['ERROR  ', '31;1']} as const;

const describeCheck = (one: Check, hasColor: boolean): string => {
  const [mark, sgr] = marks[one.status];
  const remedy = one.remedy === null ? '' : `          → ${printable(one.remedy)}\n`;
  return `${paint(mark, sgr, hasColor)}   ${one.title}: ${printable(one.fact)}\n${remedy}`;
};

const summary = (checks: readonly Check[]): string => {
  const count = (status: Check['status']): string => describeCount(status, checks.filter((one) => one.status === status).length);
  return `${count('ok')}, ${count('info')}, ${count('warning')}, ${count('error')}`;
};
