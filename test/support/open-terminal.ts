import {spawn} from 'node:child_process';

type Terminal = {
  /** The first match in what was shown since the last one; fails when the program ends without it. */
  readonly see: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly type: (keys: string) => void;
  readonly ended: Promise<void>;
};

/** A line for the shell in a terminal of 80 columns and 24 rows (util-linux, script). */
export const openTerminal = (
  line: string,
  {cwd, env = {}}: {readonly cwd: string; readonly env?: Readonly<Record<string, string>>},
): Terminal => {
  const child = spawn('script', ['-qec', `stty cols 80 rows 24; exec ${line}`, '/dev/null'], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      // No draft of a test among those of the person who runs it.
      XDG_STATE_HOME: `${cwd}/state`,
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      NO_COLOR: '1',
      ...env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const see = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((found, fail) => {
      const look = (): void => {
        const match = pattern.exec(output);
        if (match === null) return;
        output = output.slice(match.index + match[0].length);
        child.stdout.off('data', look);
        found(match);
      };
      child.stdout.on('data', look);
      void ended.then(() => fail(new Error(`ended without showing ${String(pattern)}: ${output}`)));
      look();
    });
  return {see, ended, type: (keys) => void child.stdin.write(keys)};
};
