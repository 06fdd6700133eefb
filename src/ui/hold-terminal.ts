const enter = '\u001b[?1049h\u001b[H\u001b[2J';
const leave = '\u001b[?25h\u001b[?1049l';
/** Presses and the wheel, reported with SGR: xterm control sequences, 1000 and 1006. */
const mouseOn = '\u001b[?1000h\u001b[?1006h';
const mouseOff = '\u001b[?1006l\u001b[?1000l';
const hideCursor = '\u001b[?25l';

export type HeldTerminal = {
  /** Aborted when a signal asks the program to end. */
  readonly interrupt: AbortSignal;
  readonly clear: () => void;
  /** Into the clipboard, where the terminal lets programs do that (xterm control sequences, OSC 52). */
  readonly copy: (text: string) => void;
  /** What draws when the screen is ours again and empty. */
  readonly drawBy: (draw: () => void) => void;
  /** Stops the program, as Ctrl-Z does in a shell; returns when `fg` continues it. */
  readonly suspend: () => void;
  readonly release: () => void;
};

/** For a stop to reach every thread. */
const settleMs = 100;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

type Options = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly hasMouse: boolean;
};

/** The alternate screen, given back on every way out: the end, an error, a signal, Ctrl-Z, `process.exit` somewhere else. */
export const holdTerminal = ({stdin, stdout, hasMouse}: Options): HeldTerminal => {
  const [take, give] = hasMouse ? [`${enter}${mouseOn}`, `${mouseOff}${leave}`] : [enter, leave];
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  let isHeld = true;
  let draw = (): void => undefined;

  const resume = (): void => {
    if (!isHeld) return;
    process.on('SIGTSTP', suspend);
    stdin.setRawMode(true);
    stdout.write(`${take}${hideCursor}`);
    draw();
  };
  const suspend = (): void => {
    process.off('SIGTSTP', suspend);
    stdout.write(give);
    stdin.setRawMode(false);
    // Runs out while the program is stopped. Where nobody could continue it (an orphaned group) the kernel ignores the
    // stop, and the wizard comes back at once: signal(7), setpgid(2).
    setTimeout(resume, settleMs);
    // As the terminal does for Ctrl-Z: the whole job stops, with sudo or npx above us.
    process.kill(0, 'SIGTSTP');
  };
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    for (const signal of signals) process.off(signal, interrupt);
    process.off('SIGTSTP', suspend);
    process.off('exit', release);
    stdout.write(give);
  };

  const copy = (text: string): void => void stdout.write(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`);

  for (const signal of signals) process.on(signal, interrupt);
  process.on('SIGTSTP', suspend);
  process.on('exit', release);
  // A terminal that was closed must not end the program in the middle of a transaction.
  stdout.on('error', interrupt);
  stdin.on('error', interrupt);
  // Perhaps before the signal that says so, and nothing else may be left that keeps the program alive.
  stdin.on('end', interrupt);
  stdout.write(take);
  return {
    interrupt: controller.signal,
    clear: () => stdout.write('\u001b[H\u001b[2J'),
    drawBy: (other) => {
      draw = other;
    },
    suspend,
    release,
    copy,
  };
};
