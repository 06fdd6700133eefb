/** One word of a command that a person is told to type: whatever a name holds, it stays one word. */
export const quoteForShell = (text: string): string =>
  /^[\w./+@%:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
