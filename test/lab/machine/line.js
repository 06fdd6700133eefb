import {connect} from 'node:net';
import {appendFileSync} from 'node:fs';
import {patience} from '../patience.js';

const deaths = /\(initramfs\) |Kernel panic - not syncing|end Kernel panic|grub rescue>|Panic on CPU \d+:/;

/** One serial line: everything that arrived, and a mark behind what was already answered for. */
export const openLine = async (socketPath, logPath) => {
  const socket = await connectWithPatience(socketPath);
  const line = {text: '', mark: 0, mayDie: false};
  const waiters = new Set();
  socket.setEncoding('utf8').on('data', (chunk) => {
    line.text += chunk;
    appendFileSync(logPath, chunk);
    for (const look of waiters) look();
  });
  // A power cut resets the connection; that is what it is for.
  socket.on('error', () => {});

  const find = (pattern, news) => {
    const match = pattern.exec(news);
    if (match !== null) line.mark += match.index + match[0].length;
    return match;
  };

  /** On a screen that is drawn again and again only what stands there counts, not its colours. */
  const findOnScreen = (pattern, news) => {
    const match = pattern.exec(stripEscapes(news));
    if (match !== null) line.mark = line.text.length;
    return match;
  };

  /** Waits, with patience, for a pattern behind the mark, moves the mark behind it and returns the match; `match.before` is what came first. */
  const waitFor = (pattern, seconds, search = find) =>
    new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        waiters.delete(look);
        socket.off('close', ended);
        settle(value);
      };
      const fail = (why) =>
        finish(
          reject,
          new Error(
            `${why}; waited for ${pattern}. The last that came:\n${stripEscapes(line.text.slice(line.mark)).slice(-1500)}`,
          ),
        );
      const ended = () => fail('The machine is gone');
      const look = () => {
        const news = line.text.slice(line.mark);
        const match = search(pattern, news);
        // What it says of its end comes in the moment after.
        if (match === null)
          return !line.mayDie && deaths.test(news) ? void setTimeout(() => fail('The machine died'), 2000) : undefined;
        return finish(resolve, Object.assign(match, {before: news.slice(0, match.index)}));
      };
      const timer = setTimeout(() => fail(`Nothing within ${seconds * patience} s`), seconds * patience * 1000);
      waiters.add(look);
      socket.once('close', ended);
      look();
    });

  return {
    waitFor,
    see: (pattern, seconds) => waitFor(pattern, seconds, findOnScreen),
    type: (keys) => void socket.write(keys),
    /** What came since the mark, without escape sequences. */
    seen: () => stripEscapes(line.text.slice(line.mark)),
    /** For a boot that is meant to fail: a panic is no reason to stop waiting. */
    tolerateDeath: (mayDie) => void (line.mayDie = mayDie),
    /** How often something was written to the line since the machine was started. */
    count: (pattern) => [...line.text.matchAll(pattern)].length,
    skip: () => void (line.mark = line.text.length),
    close: () => socket.destroy(),
  };
};

const stripEscapes = (text) => text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[()][A-Z0-9]|\u001b[=>]|\r/g, '');

export const connectWithPatience = async (path) => {
  for (let attempt = 0; attempt < 100 * patience; attempt += 1) {
    const socket = await new Promise((resolve) => {
      const candidate = connect(path);
      candidate.once('connect', () => resolve(candidate));
      candidate.once('error', () => resolve(null));
    });
    if (socket !== null) return socket;
    await pause(100);
  }
  throw new Error(`Nobody listens at ${path} after ${10 * patience} s`);
};

export const pause = (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds));
