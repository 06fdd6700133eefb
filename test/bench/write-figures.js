import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';

const [begin, end] = ['<!-- bench: written by npm run bench -- --write -->', '<!-- /bench -->'];

/** Puts the rows between the two marks of a page, with the day and the commit; everything around them stays. */
export const writeFigures = (page, rows, {machine, node, rounds}) => {
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${page} has no place for the figures: ${begin}`);
  const commit = execFileSync('git', ['rev-parse', '--short=10', 'HEAD'], {encoding: 'utf8'}).trim();
  const day = new Date().toISOString().slice(0, 10);
  const table = [
    begin,
    `Written on ${day} at commit ${commit}, with Node ${node.slice(1)} on ${machine}; medians of ${rounds}.`,
    '',
    '| what | measured | goal | met |',
    '|---|---|---|---|',
    ...rows.map(
      ({what, measured, target, isMet}) => `| ${what} | ${measured} | ${target} | ${isMet ? 'yes' : '**no**'} |`,
    ),
    '',
  ];
  writeFileSync(page, `${text.slice(0, from)}${table.join('\n')}${text.slice(to)}`);
};
