import {PassThrough} from 'node:stream';

export type Background = 'light' | 'dark';

type TerminalInput = {
  /** For Ink: what is typed, without what the terminal says about itself. */
  readonly keys: NodeJS.ReadStream;
  /**
   * Asks what is behind the text, and settles when the terminal has answered, however late: `null` where it does not
   * know. One that never answers leaves it open. Keys that come meanwhile are kept.
   */
  readonly askBackground: () => Promise<Background | null>;
  readonly release: () => void;
};

/** xterm control sequences: OSC 11 with a question mark; the device attributes, which every terminal answers, end the wait. */
const question = '\u001b]11;?\u001b\\\u001b[c';

/** How long Esc alone may be the beginning of an answer. */
const patienceMs = 200;

// oxlint-disable-next-line no-control-regex
const answer = /\u001b\](\d+;[^\u0007\u001b]*)(?:\u0007|\u001b\\)|\u001b\[\?[\d;]*c/g;

/** What may be the beginning of an answer. */
// oxlint-disable-next-line no-control-regex
const beginning = /\u001b(?:\][^\u0007\u001b]*(?:\u001b)?|\[(?:\?[\d;]*)?)?$/;

type Streams = {readonly stdin: NodeJS.ReadStream; readonly stdout: Pick<NodeJS.WriteStream, 'write'>};

export const openTerminalInput = ({stdin, stdout}: Streams): TerminalInput => {
  const typed = new PassThrough();
  const keys = Object.assign(typed, {
    isTTY: stdin.isTTY,
    setRawMode: (isRaw: boolean) => stdin.setRawMode(isRaw),
    ref: () => stdin.ref(),
    unref: () => stdin.unref(),
  }) as unknown as NodeJS.ReadStream;
  let isAwaited = false;
  let isPatient = false;
  let held = '';
  let tell: (background: Background | null) => void = () => undefined;

  const take = (chunk: Buffer): void => {
    // One character for each byte, so that a character in two parts stays what it is.
    const text = held + chunk.toString('latin1');
    held = '';
    if (!isAwaited) {
      typed.write(chunk);
      return;
    }
    const rest = text.replaceAll(answer, (whole: string, said: string | undefined) => {
      if (said === undefined) isAwaited = false;
      tell(said === undefined ? null : readBackground(said));
      return whole.slice(whole.length);
    });
    const begun = isAwaited ? (beginning.exec(rest)?.[0] ?? '') : '';
    // Esc alone is a key: it waits only as long as an answer may come.
    held = begun.length > 1 || isPatient ? begun : '';
    const free = rest.slice(0, rest.length - held.length);
    if (free !== '') typed.write(Buffer.from(free, 'latin1'));
  };
  const flush = (): void => {
    if (held.length === 1) {
      typed.write(held);
      held = '';
    }
  };

  stdin.on('data', take);
  return {
    keys,
    askBackground: async () => {
      stdin.setRawMode(true);
      isAwaited = true;
      isPatient = true;
      const told = new Promise<Background | null>((resolve) => (tell = resolve));
      stdout.write(question);
      const stop = (): void => {
        isPatient = false;
        flush();
      };
      const timer = setTimeout(stop, patienceMs);
      timer.unref();
      const background = await told;
      clearTimeout(timer);
      stop();
      return background;
    },
    release: () => {
      stdin.off('data', take);
      stdin.pause();
    },
  };
};

/** `11;rgb:ffff/ffff/ffff`, one to four digits each; brightness as in ITU-R BT.709. */
const readBackground = (said: string): Background | null => {
  const [, ...parts] = /^11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(said) ?? [];
  const [red, green, blue] = parts.map((part) => Number.parseInt(part, 16) / (16 ** part.length - 1));
  if (red === undefined || green === undefined || blue === undefined) return null;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 ? 'light' : 'dark';
};
