const maximumLines = 20;
const maximumLineLength = 500;

/** The last lines of a stream; a carriage return starts the line anew, as progress bars do. */
export const createTail = (onChange: (lines: readonly string[]) => void): {add: (chunk: Buffer) => void; lines: () => readonly string[]} => {
  let complete: readonly string[] = [];
  let open = '';
  const lines = (): readonly string[] => (open === '' ? complete : [...complete, open]).slice(-maximumLines);
  return {
    lines,
    add: (chunk) => {
      const pieces = (open + printable(chunk.toString('utf8'))).split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1).slice(0, maximumLineLength));
      open = pieces.pop() ?? '';
      complete = [...complete, ...pieces].slice(-maximumLines);
      onChange(lines());
    },
  };
};

/** A program's output must not be able to steer the terminal. */
const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/\u001B\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/gu, '');
