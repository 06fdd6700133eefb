const enter = '\u001b[?1049h\u001b[H\u001b[2J';
const leave = '\u001b[?25h\u001b[?1049l';

type HeldTerminal = {
  /** Aborted when a signal asks the program to end. */
  readonly interrupt: AbortSignal;
  readonly clear: () => void;
  readonly release: () => void;
};

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** The alternate screen, given back on every way out: the end, an error, a signal, `process.exit` somewhere else. */
export const holdTerminal = (stdout: NodeJS.WriteStream): HeldTerminal => {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  let isHeld = true;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    for (const signal of signals) process.off(signal, interrupt);
    process.off('exit', release);
    stdout.write(leave);
  };
  for (const signal of signals) process.on(signal, interrupt);
  process.on('exit', release);
  // A terminal that was closed must not end the program in the middle of a transaction.
  stdout.on('error', interrupt);
  stdout.write(enter);
  return {interrupt: controller.signal, clear: () => stdout.write('\u001b[H\u001b[2J'), release};
};
