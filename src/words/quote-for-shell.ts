/** One word of a command for a person to type: whatever a name holds, it stays one word. */
export const quoteForShell = (text: string): string =>
  /^[\w./+@%:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
