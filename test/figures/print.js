import {readFileSync} from 'node:fs';

/** The table `id target measured` of a file that test/figures/figure.ts wrote. */
const order = new Intl.Collator('en', {numeric: true});
const figures = readFileSync(process.argv[2], 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
const rows = figures.sort((one, other) => order.compare(one.id, other.id)).map(({id, target, measured, isMet}) => [id, String(target), `${measured}${isMet ? '' : '  MISSED'}`]);
const widths = [0, 1].map((column) => Math.max(...[['id', 'target'], ...rows].map((row) => row[column].length)));
for (const [id, target, measured] of [['id', 'target', 'measured'], ...rows]) console.log(`${id.padEnd(widths[0])}  ${target.padEnd(widths[1])}  ${measured}`);
