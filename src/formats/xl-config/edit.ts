import {applySplices, type Splice} from '../splices.ts';
import {parseXlConfig, type XlProblem, type XlSetting, type XlValue} from './parse.ts';

/** A setting and its value; `null`: it goes. A number is written without quotes. */
export type XlWishes = ReadonlyMap<string, XlValue | number | null>;

export type XlEdit = {readonly ok: true; readonly text: string} | ({readonly ok: false} & XlProblem);

/** The file with these settings; every other byte stays, and so does a value that says the same in another way. */
export const editXlConfig = (text: string, wishes: XlWishes): XlEdit => {
  const parsed = parseXlConfig(text);
  if (!parsed.ok) return parsed;
  const splices: Splice[] = [];
  const missing: string[] = [];
  for (const [name, wish] of wishes) {
    const own = parsed.settings.filter((setting) => setting.name === name);
    const [first, second] = own;
    if (second !== undefined) return {ok: false, offset: second.start, reason: `${name} is set twice`};
    if (first?.operator === '+=') return {ok: false, offset: first.start, reason: `${name} is set with +=`};
    if (first === undefined) {
      if (wish !== null) missing.push(`${name} = ${renderXlValue(wish)}\n`);
    } else if (wish === null) splices.push(removal(text, first));
    else if (!isSame(first.value, wish))
      splices.push({start: first.valueStart, end: first.end, text: renderXlValue(wish)});
  }
  const edited = applySplices(text, splices);
  const isOpen = edited !== '' && !edited.endsWith('\n') && missing.length > 0;
  return {ok: true, text: `${edited}${isOpen ? '\n' : ''}${missing.join('')}`};
};

/** With its line, where nothing else is on it. */
const removal = (text: string, {start, end}: XlSetting): Splice => {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const next = text.indexOf('\n', end);
  const lineEnd = next === -1 ? text.length : next + 1;
  const isAlone = /^[ \t]*$/.test(text.slice(lineStart, start)) && /^[ \t;]*\n?$/.test(text.slice(end, lineEnd));
  return isAlone ? {start: lineStart, end: lineEnd, text: ''} : {start, end, text: ''};
};

const renderXlValue = (value: XlValue | number): string => {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return value.length === 0 ? '[ ]' : `[ ${value.map(renderXlValue).join(', ')} ]`;
};

const isSame = (present: XlValue, wish: XlValue | number): boolean =>
  JSON.stringify(present) === JSON.stringify(typeof wish === 'number' ? String(wish) : wish);
