import {spawnSync} from 'node:child_process';
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {displayWidth} from '../../src/words/width.ts';
import {program} from '../support/run-cli.ts';

/** A server of its own: nobody else's sessions can end it, and it ends nobody else's. */
const socket = `vfio-pilot-test-${process.pid}`;
const directory = mkdtempSync(join(tmpdir(), 'tmux-'));
const environment = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: directory,
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  PS1: '$ ',
  TMPDIR: directory,
};

const tmux = (...args: readonly string[]): string => {
  const {status, stdout, stderr} = spawnSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: environment,
  });
  if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
  return stdout;
};

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;
export const hasStrace = spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0;

/** For `afterAll` of each file: a worker loads this module once for all of them. The next terminal starts a new server. */
export const closeTerminals = (): void => void spawnSync('tmux', ['-L', socket, 'kill-server']);

export const scratchDirectory = (): string => mkdtempSync(join(directory, 'in-'));

type Settings = {
  readonly cwd?: string;
  readonly columns?: number;
  readonly rows?: number;
  /** What is started, where it is not the program with this Node. */
  readonly command?: string;
  /** In front of the program: `NO_COLOR=1`, `strace …`. */
  readonly prefix?: string;
  /** Where drafts are kept; otherwise a place of its own. */
  readonly state?: string;
  /** What the shell does once the program has ended, or has stopped. */
  readonly after?: string;
};

let opened = 0;

/** The real program in a real pseudo-terminal, started by a shell that tells afterwards how it ended. */
export const openTerminal = (
  args: string,
  {
    cwd = scratchDirectory(),
    columns = 80,
    rows = 24,
    command = `${process.execPath} ${program}`,
    prefix = '',
    after = '',
    state = scratchDirectory(),
  }: Settings = {},
) => {
  const session = `wizard-${(opened += 1)}`;
  // Ctrl-C on the first frame may come before the program reads keys itself: then the shell gets the signal as well.
  const line = `trap : INT; export XDG_STATE_HOME=${state}; before=$(stty -g); ${prefix} ${command} ${args}; code=$?; [ "$before" = "$(stty -g)" ] && state=restored || state=damaged; echo "exit code $code, terminal $state"; ${after} exec cat`;
  tmux('new-session', '-d', '-s', session, '-x', String(columns), '-y', String(rows), '-c', cwd, `sh -c '${line}'`);
  const target = `=${session}:`;
  /** Rows as the terminal shows them; a row that went over the edge is one row again, and so too wide. */
  const screen = (): readonly string[] =>
    tmux('capture-pane', '-p', '-J', '-t', target)
      .split('\n')
      .map((row) => row.trimEnd());
  const see = async (text: string | RegExp): Promise<string> => {
    let shown = '';
    // A number of looks and no time: each starts a program, which is slow where the machine is.
    for (let look = 0; look < 3000; look += 1) {
      shown = screen().join('\n');
      if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown;
      await delay(20);
    }
    throw new Error(`${String(text)} is not on the screen:\n${shown}`);
  };
  return {
    see,
    screen,
    /** With colours, as escape sequences. */
    painted: (): string => tmux('capture-pane', '-p', '-e', '-t', target),
    /** All of it in one write. */
    type: (text: string): string =>
      tmux('send-keys', '-t', target, '-H', ...[...Buffer.from(text)].map((byte) => byte.toString(16))),
    /** The terminal goes away under the program, as when a window is closed or a connection breaks. */
    hangUp: (): string => tmux('kill-session', '-t', `=${session}`),
    resize: (width: number, height: number): string =>
      tmux('resize-window', '-t', target, '-x', String(width), '-y', String(height)),
    /** Whether a full-screen program holds the terminal, and whether the cursor is shown. */
    modes: (): string =>
      tmux('display-message', '-p', '-t', target, 'alternate #{alternate_on}, cursor #{cursor_flag}').trim(),
    /** Whether the program gets the mouse. */
    hasMouse: (): boolean =>
      tmux('display-message', '-p', '-t', target, '#{mouse_any_flag}#{mouse_sgr_flag}').trim() === '11',
    ended: async (): Promise<string> =>
      /exit code \d+, terminal \w+/.exec(await see(/exit code \d+, terminal \w+/))?.[0] ?? '',
  };
};

export type Terminal = ReturnType<typeof openTerminal>;

/** What is wrong with the frame: a row over the edge, a missing title, keys that can not be seen. */
export const faultsOfFrame = (shown: readonly string[], columns = 80, rows = 24): readonly string[] => {
  const frame = shown.slice(0, rows);
  return [
    ...(shown.slice(rows).some((row) => row !== '') ? ['more rows than the terminal has'] : []),
    ...frame.filter((row) => displayWidth(row) > columns).map((row) => `wider than ${columns}: ${row}`),
    ...(frame[0]?.startsWith('vfio-pilot') === true ? [] : ['the first row is not the title']),
    ...(/(Enter|Esc|Ctrl-C) /.test(frame[rows - 2] ?? '')
      ? []
      : [`no keys in the last row but one: ${frame[rows - 2] ?? ''}`]),
  ];
};
