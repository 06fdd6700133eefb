import {patience} from '../patience.js';
import {connectWithPatience} from './line.js';

/** QEMU's control socket: the power switch and the snapshots. */
export const openMonitor = async (path) => {
  const socket = await connectWithPatience(path);
  let rest = '';
  let answer = null;
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const message of lines.map((line) => JSON.parse(line)))
      if ('return' in message || 'error' in message) answer?.(message);
  });
  const ask = (execute, args, seconds) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`QEMU did not answer ${execute} within ${seconds * patience} s`)),
        seconds * patience * 1000,
      );
      answer = (message) => {
        clearTimeout(timer);
        if (message.error) reject(new Error(message.error.desc));
        else resolve(message.return);
      };
      socket.write(`${JSON.stringify({execute, arguments: args})}\n`);
    });
  await ask('qmp_capabilities', {}, 10);
  const answerOf = (command) => ask('human-monitor-command', {'command-line': command}, 60);
  const human = async (command) => {
    const words = await answerOf(command);
    if (words.trim() !== '') throw new Error(`${command}: ${words.trim()}`);
  };
  /** The port of 127.0.0.1 that the kernel chose for the user network's only forwarding. */
  const forwardedPort = async () => {
    const words = await answerOf('info usernet');
    const [, port] = /TCP\[HOST_FORWARD\] +\d+ +127\.0\.0\.1 +(\d+) /.exec(words) ?? [];
    if (port === undefined) throw new Error(`QEMU forwards no port:\n${words}`);
    return Number(port);
  };
  return {
    forwardedPort,
    save: (name) => human(`savevm ${name}`),
    reset: () => ask('system_reset', {}, 10),
    close: () => socket.destroy(),
  };
};
