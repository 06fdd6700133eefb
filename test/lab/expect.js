const show = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 1));

export const expectEqual = (actual, expected, what) => {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`${what}: expected\n${show(expected)}\nand found\n${show(actual)}`);
};

/** Long texts by their lines: the message has only what one has and the other has not. */
export const expectSameLines = (actual, expected, what) => {
  const [now, then] = [new Set(actual.split('\n')), new Set(expected.split('\n'))];
  const changes = [
    ...[...then].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !then.has(line)).map((line) => `+ ${line}`),
  ];
  if (changes.length > 0) throw new Error(`${what} changed:\n${changes.slice(0, 40).join('\n')}`);
};

export const expectMatch = (text, pattern, what) => {
  if (!pattern.test(text)) throw new Error(`${what}: ${pattern} does not match\n${text}`);
};

export const expectTrue = (condition, what) => {
  if (!condition) throw new Error(what);
};
