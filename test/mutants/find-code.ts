/** The source without blanks and without the comma before a closing bracket, which a formatter adds; `at` gives the place of each sign. */
const condensed = (text: string): {readonly code: string; readonly at: readonly number[]} => {
  const at = [...text.matchAll(/\S/gu)].map(({index}) => index);
  const kept = at.filter((place, order) => text[place] !== ',' || !/[)\]}]/u.test(text[at[order + 1] ?? 0] ?? ''));
  return {code: kept.map((place) => text[place]).join(''), at: kept};
};

/** Each place in `source` where the code stands, however it is formatted, as `[start, end)`. */
export const findCode = (source: string, code: string): readonly (readonly [number, number])[] => {
  const [within, wanted] = [condensed(source), condensed(code).code];
  const found: (readonly [number, number])[] = [];
  for (let from = within.code.indexOf(wanted); from !== -1; from = within.code.indexOf(wanted, from + 1))
    found.push([within.at[from] ?? 0, (within.at[from + wanted.length - 1] ?? 0) + 1]);
  return found;
};

/** The source with other code at the one place where the code stands; `null` when there is none or more than one. */
export const replaceCode = (source: string, from: string, to: string): string | null => {
  const [place, ...others] = findCode(source, from);
  return place === undefined || others.length > 0 ? null : `${source.slice(0, place[0])}${to}${source.slice(place[1])}`;
};
