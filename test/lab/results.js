import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {writeProof} from './proof-table.js';

const project = new URL('../..', import.meta.url).pathname;
const file = new URL('results.md', import.meta.url).pathname;
const page = new URL('../../docs/boot-chains.md', import.meta.url).pathname;

const head = `# What last ran in the lab

Written by \`npm run test:lab -- --all\`, and by \`npm run test:lab -- --record NAME\` for some scenarios: each run writes the rows of what it ran. A \`+\` behind the commit says that the tree had changes that were not committed; a scenario without a row has not been recorded.

| scenario | commit | result | seconds | date |
|---|---|---|---|---|
`;

/** The commit of this checkout, with a `+` where files that are not the table itself differ from it. */
export const readCommit = () => {
  const git = (...args) => execFileSync('git', ['-C', project, ...args], {encoding: 'utf8'}).trim();
  return `${git('rev-parse', '--short=10', 'HEAD')}${git('status', '--porcelain', '--', '.', ':!test/lab/results.md', ':!docs/boot-chains.md') === '' ? '' : '+'}`;
};

/** Puts one row in place of an older one of the same scenario; `names` is the order of all. */
export const recordResult = (names, {name, commit, result, seconds, date}) => {
  const rows = new Map(readRows());
  rows.set(name, `| ${name} | ${commit} | ${result} | ${seconds} | ${date} |`);
  writeFileSync(file, `${head}${names.flatMap((one) => rows.get(one) ?? []).join('\n')}\n`);
  writeProof(page, rows);
};

/** The rows that are there: the scenario of each and its line. */
export const readRows = () =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => [/^\| (\S+) \|/.exec(line)?.[1], line])
        .filter(([name]) => name !== undefined && name !== 'scenario')
    : [];
