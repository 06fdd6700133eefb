import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {readScreen} from './screen.js';
import {renderRecording} from './svg.js';

/**
 * `node packaging/recording/run.js [FILE]`: walks the built program in a real terminal (tmux) and draws what that shows.
 * What is new in each run (ids, times, the scratch copy) is replaced by words of the same length, so that the same program
 * gives the same picture.
 */
const [columns, rows] = [80, 24];
const output = resolve(process.argv[2] ?? 'docs/recording.svg');
const work = mkdtempSync(join(tmpdir(), 'vfio-pilot-recording-'));
const socket = `vfio-pilot-recording-${process.pid}`;

/** What is typed, what then is on the screen, and how long a reader looks at it; without a caption the frame is passed by. */
const walk = [
  {
    keys: ['vfio-pilot --demo'],
    sees: /^\$ vfio-pilot --demo$/m,
    caption: 'The demo: a desktop with two cards',
    seconds: 1.5,
  },
  {keys: ['Enter'], sees: /^❯ Set up a device/m, caption: 'The demo: a desktop with two cards', seconds: 2.5},
  {keys: ['Enter'], sees: /step 1 of \d+ {2}Host checks/, caption: 'Is the host ready?', seconds: 3},
  {keys: ['Enter'], sees: / {2}Device\n/, caption: 'Choose the card', seconds: 5},
  {
    keys: ['Enter'],
    sees: / {2}CPU .*(?:\n.*)*\[1:V0 9:V1\]/,
    caption: 'See the map: which cores, near which memory',
    seconds: 6,
  },
  {keys: ['Enter'], sees: / {2}Memory /},
  {keys: ['Enter'], sees: / {2}Guest /},
  {keys: ['Enter'], sees: / {2}Review .*(?:\n.*)*❯ Findings/, caption: 'Review: what changes, and why', seconds: 4},
  {
    keys: ['Down', 'Down', 'Down', 'Down', 'Down'],
    sees: /❯ \w+ +\+1 -1 +\/etc\/default\/grub(?:\n.*)*\+GRUB_CMDLINE/,
    caption: 'Review: the diff of each file',
    seconds: 6,
  },
  {keys: ['Enter'], sees: / {2}Save the profile /},
  {keys: ['Enter'], sees: / {2}Apply /},
  {
    keys: ['apply'],
    sees: /❯ apply/,
    caption: 'Apply: one transaction, and nothing before you type the word',
    seconds: 4,
  },
  {keys: ['Enter'], sees: /✓ Applied as/, caption: 'Applied; what is left to do by hand', seconds: 5},
  {
    keys: ['Enter'],
    sees: /❯ Verify again(?:\n.*)*pending/,
    caption: 'Verify: each promise; some wait for the reboot',
    seconds: 5,
  },
  {keys: ['Down', 'Down', 'Enter'], sees: /Type rollback/},
  {keys: ['rollback'], sees: /❯ rollback/, caption: 'Roll back: every file as before, to the byte', seconds: 4},
  {keys: ['Enter'], sees: /(?:Rolled back|restored)/i, caption: 'Rolled back', seconds: 4},
];

const tmux = (...args) =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: {
      PATH: `${join(work, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: join(work, 'home'),
      XDG_STATE_HOME: join(work, 'state'),
      TMPDIR: '/tmp',
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
    },
  });
const painted = () => tmux('capture-pane', '-p', '-e', '-t', 'recording');
const textOf = (screen) =>
  readScreen(screen)
    .map((pieces) =>
      pieces
        .map(({text}) => text)
        .join('')
        .trimEnd(),
    )
    .join('\n');

/** The screen once it has what is waited for, and did not change between two looks. */
const see = async (pattern) => {
  let before = '';
  for (let look = 0; look < 600; look += 1) {
    await delay(100);
    const now = painted();
    if (now === before && pattern.test(textOf(now))) return now;
    before = now;
  }
  throw new Error(`${pattern} is not on the screen:\n${textOf(before)}`);
};

const withoutNews = (text) =>
  text
    .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{4}/g, '20260101T120000Z-1a2b')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '2026-01-01 12:00')
    .replaceAll(/(vfio-pilot-demo-)\w{6}/g, '$1XXXXXX');

try {
  for (const name of ['bin', 'home', 'state']) mkdirSync(join(work, name));
  symlinkSync(resolve('bin/vfio-pilot.js'), join(work, 'bin/vfio-pilot'));
  tmux(
    'new-session',
    '-d',
    '-s',
    'recording',
    '-x',
    String(columns),
    '-y',
    String(rows),
    '-c',
    join(work, 'home'),
    // A shell has a prompt of its own mind for root.
    `env 'PS1=$ ' bash --norc --noprofile`,
  );
  await see(/^\$\s*$/m);
  const frames = [];
  for (const {keys, sees, caption, seconds} of walk) {
    for (const key of keys) tmux('send-keys', '-t', 'recording', key);
    const screen = await see(sees);
    if (caption !== undefined) frames.push({rows: readScreen(withoutNews(screen)).slice(0, rows), seconds, caption});
  }
  const title = 'vfio-pilot: choose a card, see the map, review the diff, apply, verify, roll back';
  const still = frames.findIndex(({caption}) => caption === 'Choose the card');
  writeFileSync(output, renderRecording(frames, {columns, rows, title, still}));
  console.log(output);
} finally {
  try {
    tmux('kill-server');
  } catch {
    // It did not start, or is gone.
  }
  rmSync(work, {recursive: true});
}
