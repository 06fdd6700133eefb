const begin = '# BEGIN vfio-pilot';
const end = '# END vfio-pilot';
const block = new RegExp(`(?<=^|\\n)${begin}[^\\n]*\\n(?:[^\\n]*\\n)*?${end}[^\\n]*(?:\\n|$)`);

/** Text of somebody else’s file without our lines, which are between two marks. */
export const withoutOwnBlock = (text: string): string => text.replace(block, '');

/** Whether a mark is left over: then nobody knows which lines are ours. */
export const hasDamagedBlock = (text: string): boolean => {
  const foreign = withoutOwnBlock(text);
  return foreign.includes(begin) || foreign.includes(end);
};

/** With these lines in the place of our old ones, else behind all others. `profile`: printable. */
export const withOwnBlock = (text: string, lines: string, profile: string): string => {
  const ours = `${begin} (profile ${profile})\n${lines}${end}\n`;
  if (block.test(text)) return text.replace(block, () => ours);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${ours}`;
};
