import {listOf, literal, shape, text} from '../decode/decode.ts';
import {defaultDemo, demoHosts} from '../system/demo-names.ts';

type Document = {
  readonly version: 1;
  readonly default: string;
  readonly demos: readonly {readonly name: string; readonly summary: string}[];
};

/** What `--demo list` prints. */
export const demoList = (program: string): string =>
  `${Object.entries(demoHosts)
    .map(([name, {summary}]) => `${name.padEnd(12)}${summary}${name === defaultDemo ? ' (--demo alone)' : ''}\n`)
    .join('')}\nStart one with \`${program} --demo NAME\`, or give --demo NAME to any command.\n`;

export const demoListDocument = (): Document => ({
  version: 1,
  default: defaultDemo,
  demos: Object.entries(demoHosts).map(([name, {summary}]) => ({name, summary})),
});

export const demoListShape = shape<Document>({
  version: literal(1),
  default: text,
  demos: listOf(shape<Document['demos'][number]>({name: text, summary: text})),
});
