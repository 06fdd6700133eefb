import {basename} from 'node:path';
import type {Preview} from '../../changes/preview.ts';
import {runChecks} from '../../checks/run-checks.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import type {PromiseResult} from '../../findings/promise-result.ts';
import {describeGroups} from '../../groups/describe-groups.ts';
import type {HistoryEntry} from '../../transaction/history.ts';
import type {Plan} from '../../plan/plan.ts';
import {factRows} from '../fact-rows.ts';
import type {Block, Page, Section} from './report-page.ts';

/** What is applied, or why that is not known. */
export type RunState =
  | {readonly isReadable: false; readonly reason: string}
  | {
      readonly isReadable: true;
      /** Newest first. */
      readonly runs: readonly HistoryEntry[];
      /** Of the newest applied run; empty when nothing is applied. */
      readonly promises: readonly PromiseResult[];
    };

export type Reported = {
  readonly version: string;
  readonly facts: HostFacts;
  /** Of the profile, where one was given. */
  readonly planned: {readonly preview: Preview; readonly verdict: string} | null;
  readonly state: RunState;
  /** The map of this host as SVG. */
  readonly picture: string;
};

/** A host as people who are asked for help want to see it. */
export const hostPage = ({version, facts, planned, state, picture}: Reported): Page => ({
  title: `Report of vfio-pilot ${version}`,
  lead: 'Serial numbers, MAC and network addresses, UUIDs, passwords and the name of the host are replaced. Read it before you publish it.',
  sections: [
    {title: 'Hardware and system', blocks: [table(['', ''], factRows(facts)), {kind: 'picture', svg: picture}]},
    checkSection(facts),
    {title: 'IOMMU groups', blocks: [code('All groups', 'text', describeGroups(facts).join('\n'))]},
    ...(planned === null ? [] : planSections(planned.preview, planned.verdict)),
    stateSection(state),
  ],
});

const table = (head: readonly string[], rows: readonly (readonly string[])[]): Block => ({kind: 'table', head, rows});
const code = (title: string, language: 'text' | 'diff', text: string): Block => ({kind: 'code', title, language, text});
const sentence = (text: string): Block => ({kind: 'text', text});

const checkSection = (facts: HostFacts): Section => ({
  title: 'Checks',
  blocks: [
    table(
      ['', 'check', 'what was read'],
      runChecks(facts).map(({status, title, fact, remedy}) => [
        status,
        title,
        remedy === null ? fact : `${fact} → ${remedy}`,
      ]),
    ),
  ],
});

const planSections = (preview: Preview, verdict: string): readonly Section[] => [
  {
    title: `Plan of profile ${preview.plan.profile}`,
    blocks: [
      sentence(verdict),
      ...(preview.findings.length === 0 ? [] : [findingTable(preview.findings)]),
      decisionTable(preview.plan),
      ...preview.changes.map(({kind, path, diff, why}) =>
        code(
          `${kind} ${path}`,
          kind === 'run' ? 'text' : 'diff',
          `${diff}${why.map((reason) => `because ${reason}\n`).join('')}`,
        ),
      ),
    ],
  },
];

const findingTable = (findings: readonly Finding[]): Block =>
  table(
    ['', 'finding', 'what to do'],
    findings.map(({severity, code: name, at, message, remedy}) => [
      severity,
      `${at === undefined ? '' : `${basename(at.file)}:${at.line}:${at.column}: `}${message} (${name})`,
      remedy,
    ]),
  );

const decisionTable = ({decisions}: Plan): Block =>
  table(
    ['decision', 'value', 'because'],
    decisions.map(({subject, choice, because}) => [subject, choice, because]),
  );

const stateSection = (state: RunState): Section => ({title: 'What is applied', blocks: stateBlocks(state)});

const stateBlocks = (state: RunState): readonly Block[] => {
  if (!state.isReadable) return [sentence(state.reason)];
  if (state.runs.length === 0) return [sentence('No run was ever applied here.')];
  return [
    table(
      ['run', 'state', 'profile', 'version', 'files'],
      state.runs.map(({id, state: how, profile, toolVersion, paths, failure}) => [
        id,
        failure === null ? how : `${how}: ${failure}`,
        profile,
        toolVersion,
        paths.join(', '),
      ]),
    ),
    ...(state.promises.length === 0
      ? []
      : [
          table(
            ['', 'promise of the newest applied run', 'what was read'],
            state.promises.map(({status, promise, fact}) => [statusWords[status], promise, fact]),
          ),
        ]),
  ];
};

const statusWords = {kept: 'kept', broken: 'NOT KEPT', pending: 'pending', unknown: 'unknown'} as const;
