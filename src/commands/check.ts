import {listOf, literal, nullable, shape, text, wordOf} from '../decode/decode.ts';
import {type Check, describeCount} from '../findings/check.ts';
import {runChecks} from '../checks/run-checks.ts';
import type {Finding} from '../findings/finding.ts';
import {printable} from '../words/printable.ts';
import {type Command, exitCodes, type Style} from './command.ts';
import {describeFindings, paint} from './describe-finding.ts';
import {findingsShape} from './documents.ts';
import {checkVerdict} from './verdict.ts';
import {hostFlags} from './writing.ts';

type Checked = {
  readonly checks: readonly Check[];
  readonly notes: readonly Finding[];
  /** For commands about the same host. */
  readonly flags: string;
  readonly isRemote: boolean;
};

type Document = {readonly version: 1; readonly checks: readonly Check[]; readonly findings: readonly Finding[]};

export const check: Command<unknown, Checked, Document> = {
  run: async (context) => {
    const opened = await context.host();
    const facts = await opened.facts();
    return {
      checks: runChecks(facts),
      notes: facts.notes,
      flags: hostFlags(opened, context),
      isRemote: context.over !== null,
    };
  },
  exitCode: ({checks}) => (checks.some(({status}) => status === 'error') ? exitCodes.blocked : exitCodes.done),
  document: ({checks, notes}) => ({version: 1, checks, findings: notes}),
  shape: shape<Document>({
    version: literal(1),
    checks: listOf(
      shape<Check>({
        id: text,
        status: wordOf<Check['status']>({ok: true, info: true, warning: true, error: true}),
        title: text,
        fact: text,
        remedy: nullable(text),
      }),
    ),
    findings: findingsShape,
  }),
  describe: ({checks, flags, isRemote}, style) =>
    `${checks.map((one) => describeCheck(one, style)).join('')}\n${summary(checks)}\n${printable(checkVerdict(checks, {...style, flags, isRemote}))}\n`,
  remark: ({notes}, style) => describeFindings(notes, style),
};

const marks = {
  ok: ['ok     ', '32'],
  info: ['info   ', '36'],
  warning: ['WARNING', '33;1'],
  error: ['ERROR  ', '31;1'],
} as const;

const describeCheck = (one: Check, {hasColor, hint}: Style): string => {
  const [mark, sgr] = marks[one.status];
  const remedy = one.remedy === null ? '' : `          → ${printable(hint(one.remedy))}\n`;
  return `${paint(mark, sgr, hasColor)}   ${one.title}: ${printable(one.fact)}\n${remedy}`;
};

const summary = (checks: readonly Check[]): string => {
  const count = (status: Check['status']): string =>
    describeCount(status, checks.filter((one) => one.status === status).length);
  return `${count('ok')}, ${count('info')}, ${count('warning')}, ${count('error')}`;
};
