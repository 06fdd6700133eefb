import type {FleetReport, HostLine} from '../../fleet/fleet.ts';
import {traitNames} from '../../fleet/traits.ts';
import type {Page} from '../report/report-page.ts';

/** What could not be read, by name. */
export type Unread = {readonly host: string; readonly problem: string};

/** The map of one host, as a whole SVG document. */
export type Picture = {readonly host: string; readonly svg: string};

/** A terminal is no place for thousands of lines; the other forms have them all. */
const most = 50;

const few = <Item>(items: readonly Item[], render: (item: Item) => string): readonly string[] => [
  ...items.slice(0, most).map(render),
  ...(items.length > most ? [`  and ${items.length - most} more; --csv FILE and --json have them all`] : []),
];

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

/** For a terminal: lines without line breaks. */
export const fleetText = (report: FleetReport, unread: readonly Unread[]): readonly string[] => [
  `${report.hosts} hosts of ${report.kinds.length} ${report.kinds.length === 1 ? 'model' : 'models'}`,
  '',
  ...few(report.kinds, ({model, count}) => `${String(count).padStart(7)}  ${model}`),
  '',
  report.odd.length === 0 ? 'No host differs from the others of its model.' : `Odd ones out: ${report.odd.length}`,
  ...few(
    report.odd,
    ({host, differences}) =>
      `  ${host}: ${differences.map(({trait, value, usual}) => `${trait} ${value} (usual: ${usual})`).join('; ')}`,
  ),
  ...report.profiles.flatMap(({profile, fits, blocked, differs, blockedBy}) => [
    '',
    `Profile ${profile}: fits ${fits} (${percent(fits, report.hosts)}), blocked ${blocked}, differs ${differs}`,
    ...blockedBy.map(({code, count}) => `${String(count).padStart(7)}  blocked by ${code}`),
  ]),
  ...(unread.length === 0 ? [] : ['', `Not read: ${unread.length}`]),
  ...few(unread, ({host, problem}) => `  ${host}: ${problem}`),
];

/** The same as a page, with every odd host. */
export const fleetPage = (
  report: FleetReport,
  unread: readonly Unread[],
  /** By model. */
  pictures: ReadonlyMap<string, Picture>,
  version: string,
): Page => ({
  title: `${report.hosts} hosts, by vfio-pilot ${version}`,
  lead: `${report.kinds.length} models, ${report.odd.length} odd ones out, ${unread.length} not read.`,
  sections: [
    {
      title: 'Models',
      blocks: [
        {
          kind: 'table',
          head: ['hosts', 'model', ...traitNames],
          rows: report.kinds.map(({model, count, usual}) => [
            String(count),
            model,
            ...traitNames.map((name) => usual[name] ?? 'no common value'),
          ]),
        },
      ],
    },
    ...report.kinds.flatMap(({model}) => {
      const picture = pictures.get(model);
      return picture === undefined
        ? []
        : [
            {
              title: model,
              blocks: [
                {kind: 'text', text: `The map of ${picture.host}.`} as const,
                {kind: 'picture', svg: picture.svg} as const,
              ],
            },
          ];
    }),
    {
      title: 'Odd ones out',
      blocks: [
        {
          kind: 'table',
          head: ['host', 'what', 'here', 'usual'],
          rows: report.odd.flatMap(({host, differences}) =>
            differences.map(({trait, value, usual}) => [host, trait, value, usual]),
          ),
        },
      ],
    },
    ...report.profiles.map(({profile, fits, blocked, differs, blockedBy}) => ({
      title: `Profile ${profile}`,
      blocks: [
        {kind: 'text', text: `Fits ${fits}, blocked ${blocked}, differs ${differs}.`} as const,
        {
          kind: 'table',
          head: ['hosts', 'blocked by'],
          rows: blockedBy.map(({code, count}) => [String(count), code]),
        } as const,
      ],
    })),
    {
      title: 'Not read',
      blocks: [{kind: 'table', head: ['host', 'why'], rows: unread.map(({host, problem}) => [host, problem])}],
    },
  ],
});

/** RFC 4180, with a line for each host. */
export const fleetCsv = (lines: Iterable<HostLine>, profiles: readonly string[]): string => {
  const head = ['host', 'model', ...traitNames, 'odd', ...profiles.flatMap((name) => [name, `${name}: blocked by`])];
  const rows = [...lines].map(({host, model, traits, isOdd, outcomes}) => [
    host,
    model,
    ...traitNames.map((name) => traits[name]),
    isOdd ? 'yes' : 'no',
    ...outcomes.flatMap(({outcome, blockedBy}) => [outcome, blockedBy.join(' ')]),
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
};

/** A cell that begins like a formula is run by spreadsheets. */
const cell = (text: string): string => {
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
};
