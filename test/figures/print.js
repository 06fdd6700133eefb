import {readFileSync} from 'node:fs';
import {join} from 'node:path';

/**
 * The table `id target measured` of a file that figure.ts wrote. What promises.json demands and no test measured, because
 * it was skipped or failed, is MISSED as well. Ends with 1 when something is.
 */
const order = new Intl.Collator('en', {numeric: true});
const promises = JSON.parse(readFileSync(join(import.meta.dirname, 'promises.json'), 'utf8'));
const measured = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
const isOf = ({id, at}, figure) =>
  (figure.id === id || figure.id.startsWith(`${id} `) || figure.id.startsWith(`${id}, `)) &&
  (at === 'test' || figure.at === at);
const absent = promises
  .filter(({at}) => at !== 'lab')
  .flatMap((promise) => {
    const found = measured.filter((figure) => isOf(promise, figure));
    const {id, members, atLeast = 1} = promise;
    if (members === undefined)
      return found.length >= atLeast ? [] : [{id, target: `≥ ${atLeast} measured`, measured: found.length}];
    return members
      .filter((member) => !found.some((figure) => [`${id} ${member}`, `${id}, ${member}`].includes(figure.id)))
      .map((member) => ({id: `${id} ${member}`, target: 'measured', measured: 'not measured'}));
  })
  .map((figure) => ({...figure, isMet: false}));
const figures = [...measured, ...absent].sort((one, other) => order.compare(one.id, other.id));
const rows = figures.map(({id, target, measured: value, isMet}) => [
  id,
  String(target),
  `${value}${isMet ? '' : '  MISSED'}`,
]);
const widths = [0, 1].map((column) => Math.max(...[['id', 'target'], ...rows].map((row) => row[column].length)));
for (const [id, target, value] of [['id', 'target', 'measured'], ...rows])
  console.log(`${id.padEnd(widths[0])}  ${target.padEnd(widths[1])}  ${value}`);
process.exitCode = figures.every(({isMet}) => isMet) ? 0 : 1;
