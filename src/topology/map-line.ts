export type MapRole =
  | 'title'
  | 'host'
  | 'vcpu'
  | 'emulator'
  | 'iothread'
  | 'offline'
  | 'device'
  | 'memory'
  | 'hugepages'
  | 'muted'
  | 'plain';

/** Text of one meaning; every meaning can be told from the text alone, so colour is never needed. */
export type MapSegment = {readonly text: string; readonly role: MapRole};
export type MapLine = readonly MapSegment[];

/** Names come from the machine, or from a captured tree of a stranger: no control character reaches a terminal or a file. */
export const plainText = (text: string): string => text.replaceAll(/[^\x20-\x7e·…█░]/gu, '?');

export const segment = (text: string, role: MapRole): MapSegment => ({text: plainText(text), role});

export const widthOf = (line: MapLine): number => line.reduce((width, {text}) => width + text.length, 0);

export const joinWords = (words: readonly MapLine[]): MapLine =>
  words.flatMap((word, index) => (index === 0 ? word : [segment(' ', 'plain'), ...word]));

/** Words after a lead, one blank between them; lines that follow are indented, and a longer word is cut. */
export const wrapWords = (lead: MapLine, words: readonly MapLine[], columns: number, indent: number): readonly MapLine[] => {
  const lines: MapLine[] = [];
  let line: MapLine = lead;
  let isFresh = widthOf(lead) === 0;
  for (const word of words) {
    if (!isFresh && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = [segment(' '.repeat(indent), 'plain')];
      isFresh = true;
    }
    line = isFresh ? [...line, ...word] : joinWords([line, word]);
    isFresh = false;
  }
  return [...lines, line].map((each) => mergeSegments(clipLine(each, columns)));
};

const clipLine = (line: MapLine, columns: number): MapLine => {
  if (widthOf(line) <= columns) return line;
  let left = columns - 1;
  const kept = line.flatMap(({text, role}): MapSegment[] => {
    const part = text.slice(0, Math.max(0, left));
    left -= part.length;
    return part === '' ? [] : [{text: part, role}];
  });
  return [...kept, segment('…', 'muted')];
};

const mergeSegments = (line: MapLine): MapLine => {
  const merged: MapSegment[] = [];
  for (const next of line) {
    const last = merged.at(-1);
    if (last?.role === next.role) merged[merged.length - 1] = {text: last.text + next.text, role: last.role};
    else merged.push(next);
  }
  return merged;
};
