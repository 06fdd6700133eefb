import {copyFileSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';
import {
  closeTerminals,
  faultsOfFrame,
  hasStrace,
  hasTmux,
  openTerminal,
  scratchDirectory,
  type Terminal,
} from './wizard-terminal.ts';

const enter = '\r';
const escape = '\u001B';
const [down, right] = [`${escape}[B`, `${escape}[C`];
const [interrupt, emptyField, suspend] = ['\u0003', '\u0015', '\u001A'];

/** Each step by its title, what is typed on it, and what that shows. */
const walk: readonly {readonly title: string; readonly presses: readonly (readonly [keys: string, shows: string])[]}[] =
  [
    {title: 'step 1 of 9  Host checks', presses: []},
    {title: 'step 2 of 9  Device', presses: []},
    {title: 'step 3 of 9  CPU', presses: []},
    {title: 'step 4 of 9  Memory', presses: [['24', '24 GiB ›']]},
    {
      title: 'step 5 of 9  Guest',
      presses: [
        [down, '› win11▏'],
        [`${emptyField}win10`, '› win10▏'],
        [down, '‹ Windows 11 ›'],
        [right, '‹ Windows 10 ›'],
      ],
    },
    {title: 'step 6 of 9  Review', presses: []},
    {
      title: 'step 7 of 9  Save the profile',
      presses: [
        [`${down}${emptyField}two-identical-cards`, '› two-identical-cards▏'],
        [`${down}The second of two equal RTX 3060`, '› The second of two equal RTX 3060▏'],
      ],
    },
    {title: 'step 8 of 9  Apply', presses: [['apply', '❯ apply▏']]},
    {title: 'step 9 of 9  What next', presses: []},
  ];

/** From the first step to the named one, with all that is typed before it. */
const walkTo = async (
  terminal: Terminal,
  last: number,
  onStep: (title: string) => void = () => undefined,
): Promise<void> => {
  await terminal.see(/^vfio-pilot.* This machine/m);
  terminal.type(enter);
  for (const [index, {title, presses}] of walk.slice(0, last + 1).entries()) {
    await terminal.see(title);
    onStep(title);
    if (index === last) return;
    for (const [keys, shows] of presses) {
      terminal.type(keys);
      await terminal.see(shows);
      onStep(title);
    }
    terminal.type(enter);
  }
};

const readProfile = (path: string) => decodeProfile(readFileSync(path, 'utf8'), path).profile;

/** For walks that end before anything is applied. */
const untouched = unpackHost('two-identical-cards');

describe.skipIf(!hasTmux)('the wizard in a terminal of 80x24 (skipped where tmux is missing)', () => {
  it('goes from the start to a saved profile that equals a shipped one, and every frame fits', async () => {
    const cwd = scratchDirectory();
    const terminal = openTerminal(`--root ${untouched}`, {cwd});
    await walkTo(terminal, 7, (title) => expect([title, faultsOfFrame(terminal.screen())]).toEqual([title, []]));
    terminal.type('q');
    await terminal.see('Leave the wizard?');
    terminal.type('y');
    expect(await terminal.ended()).toBe('exit code 0, terminal restored');
    expect(terminal.screen().join('\n')).toContain('Nothing was applied.');
    expect(readProfile(join(cwd, 'two-identical-cards.yaml'))).toEqual(readProfile(profilePath('two-identical-cards')));
  });

  it('applies what was typed for, as the saved profile does on its own, and rollback restores every byte', async () => {
    const [root, replayed, cwd] = [
      unpackHost('two-identical-cards'),
      unpackHost('two-identical-cards'),
      scratchDirectory(),
    ];
    const before = treeState(root);
    const terminal = openTerminal(`--root ${root}`, {cwd});
    await walkTo(terminal, 8);
    await terminal.see('Now, by hand and in this order:');
    expect(faultsOfFrame(terminal.screen())).toEqual([]);
    terminal.type('G');
    await terminal.see('Undoes everything, to the byte.');
    const shown = terminal
      .screen()
      .join('\n')
      .replaceAll(/ \\\n +/g, ' ');
    expect(shown).toContain(` --root ${root}`);
    expect(shown).not.toMatch(/sudo|systemctl reboot/);
    expect(readFileSync(join(cwd, 'two-identical-cards.todo.md'), 'utf8')).toContain(` verify --root ${root}`);
    terminal.type(enter);
    await terminal.see('Set up for guest win10: profile two-identical-cards');
    await terminal.see(/\d+ pending   . \d+ unknown   . \d+ kept/);
    expect(faultsOfFrame(terminal.screen())).toEqual([]);
    terminal.type('q');
    expect(await terminal.ended()).toBe('exit code 0, terminal restored');
    const {exitCode} = await runCli(['apply', join(cwd, 'two-identical-cards.yaml'), '--root', replayed, '--yes']);
    expect(exitCode).toBe(0);
    expect(Object.keys(differences(before, treeState(root)))).toContain('/etc/default/grub');
    expect(differences(treeState(replayed), treeState(root))).toEqual({});
    expect(await runCli(['rollback', '--root', root, '--yes'])).toMatchObject({exitCode: 0});
    expect(differences(before, treeState(root))).toEqual({});
  });

  it('chooses the right row when Down and Enter arrive in one write', async () => {
    const terminal = openTerminal(`--root ${untouched}`);
    await walkTo(terminal, 1);
    expect(await terminal.see('❯ (•)')).toMatch(/❯ \(•\) . 0000:0b:00\.0/);
    terminal.type(`${down}${enter}`);
    await terminal.see('step 3 of 10  Risks');
    terminal.type(escape);
    await terminal.see(/❯ \(•\) . 0000:0a:00\.0/);
    terminal.type(interrupt);
    await terminal.ended();
  });

  it.each(walk.map(({title}, index) => [title, index] as const))(
    'gives the terminal back on Ctrl-C at %s',
    async (_title, index) => {
      const isApplied = index > 7;
      const terminal = openTerminal(`--root ${isApplied ? unpackHost('two-identical-cards') : untouched}`);
      await walkTo(terminal, index);
      expect(terminal.modes()).toMatch(/^alternate 1/);
      expect(terminal.hasMouse()).toBe(true);
      terminal.type(interrupt);
      expect(await terminal.ended()).toBe('exit code 130, terminal restored');
      expect(terminal.modes()).toBe('alternate 0, cursor 1');
      expect(terminal.hasMouse()).toBe(false);
    },
  );

  it('plays the transaction through in a dry run, and writes nothing', async () => {
    const terminal = openTerminal(`--dry-run --root ${untouched}`);
    await walkTo(terminal, 7);
    await terminal.see(/This is a dry run: all of it is played through in\s+memory/);
    expect(faultsOfFrame(terminal.screen())).toEqual([]);
    terminal.type(`apply${enter}`);
    await terminal.see('Nothing was written.');
    terminal.type(enter);
    expect(await terminal.ended()).toBe('exit code 0, terminal restored');
  });

  it('never overwrites a file: it says so, and saves under another name', async () => {
    const cwd = scratchDirectory();
    const file = join(cwd, 'two-identical-cards.yaml');
    const terminal = openTerminal(`--root ${untouched}`, {cwd});
    await walkTo(terminal, 6);
    const text = 'not a profile\n';
    writeFileSync(file, text);
    for (const [keys, shows] of walk[6]?.presses ?? []) {
      terminal.type(keys);
      await terminal.see(shows);
    }
    terminal.type(`${down}${emptyField}two-identical-cards.yaml${enter}`);
    await terminal.see(/Not saved:\s[\s\S]*exists\s+already/);
    expect(faultsOfFrame(terminal.screen())).toEqual([]);
    terminal.type(`${emptyField}second.yaml${enter}`);
    await terminal.see('step 8 of 9  Apply');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readProfile(join(cwd, 'second.yaml'))).toMatchObject({name: 'two-identical-cards'});
    terminal.type(interrupt);
    await terminal.ended();
  });

  it('opens a saved profile, and takes it for saved where nothing was changed', async () => {
    const cwd = scratchDirectory();
    const file = join(cwd, 'mine.yaml');
    copyFileSync(profilePath('two-identical-cards'), file);
    const terminal = openTerminal(`--root ${untouched}`, {cwd});
    await terminal.see('Open profile two-identical-cards');
    terminal.type(`${down}${enter}`);
    for (const title of ['Host checks', 'Device', 'CPU', 'Memory', 'Guest', 'Review', 'Save the profile']) {
      await terminal.see(new RegExp(`step \\d+ of 9  ${title}`));
      terminal.type(enter);
    }
    expect(await terminal.see('step 8 of 9  Apply')).toContain('Type apply and press Enter');
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(profilePath('two-identical-cards'), 'utf8'));
    terminal.type(interrupt);
    expect(await terminal.ended()).toBe('exit code 130, terminal restored');
    expect(terminal.screen().join('')).toContain(`Profile saved: ${file}`);
  });

  it('saves a profile that was opened and changed back, and keeps the old one', async () => {
    const cwd = scratchDirectory();
    const file = join(cwd, 'mine.yaml');
    copyFileSync(profilePath('two-identical-cards'), file);
    const terminal = openTerminal(`--root ${untouched}`, {cwd});
    await terminal.see('Open profile two-identical-cards');
    terminal.type(`${down}${enter}`);
    await terminal.see('step 1 of 9  Host checks');
    terminal.type(enter);
    await terminal.see('step 2 of 9  Device');
    terminal.type(enter);
    await terminal.see('step 3 of 9  CPU');
    terminal.type('4');
    await terminal.see('‹ 4▏');
    for (const title of ['Memory', 'Guest', 'Review', 'Save the profile']) {
      terminal.type(enter);
      await terminal.see(new RegExp(`step \\d+ of 9  ${title}`));
    }
    await terminal.see('Changes in');
    expect(faultsOfFrame(terminal.screen())).toEqual([]);
    terminal.type(enter);
    await terminal.see('step 8 of 9  Apply');
    expect(readProfile(file)?.cpu.vcpus).toBe(4);
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(readFileSync(profilePath('two-identical-cards'), 'utf8'));
    terminal.type(interrupt);
    await terminal.ended();
  });

  it('saves a profile for many hosts with its selector and its share, and the size that was typed', async () => {
    const cwd = scratchDirectory();
    const file = join(cwd, 'fleet.yaml');
    const text =
      'version: 2\nname: fleet\ndevices:\n  - match: {id: 10de:2504, boot: no}\ncpu: {vcpus: all but 2 cores}\nmemory: {size: all but 8 GiB}\nguest: {name: win}\n';
    writeFileSync(file, text);
    const terminal = openTerminal(`--root ${untouched}`, {cwd});
    await terminal.see('Open profile fleet');
    terminal.type(`${down}${enter}`);
    for (const title of ['Host checks', 'Device', 'CPU', 'Memory']) {
      await terminal.see(new RegExp(`step \\d+ of 9  ${title}`));
      if (title !== 'Memory') terminal.type(enter);
    }
    terminal.type('9');
    await terminal.see('‹ 9▏');
    for (const title of ['Guest', 'Review', 'Save the profile']) {
      terminal.type(enter);
      await terminal.see(new RegExp(`step \\d+ of 9  ${title}`));
    }
    await terminal.see('Changes in');
    terminal.type(enter);
    await terminal.see('step 8 of 9  Apply');
    const opened = decodeProfile(text, file).profile;
    expect(readProfile(file)).toEqual({...opened, memory: {...opened?.memory, sizeMiB: 9 * 1024}});
    terminal.type(interrupt);
    await terminal.ended();
  });

  it('gives the terminal to the shell on Ctrl-Z, and comes back with fg', async () => {
    const terminal = openTerminal(`--root ${untouched}`, {prefix: 'set -m;', after: 'read go; fg >/dev/null;'});
    await walkTo(terminal, 2);
    terminal.type(suspend);
    expect(await terminal.ended()).toBe('exit code 148, terminal restored');
    expect(terminal.modes()).toBe('alternate 0, cursor 1');
    expect(terminal.hasMouse()).toBe(false);
    terminal.type(enter);
    await terminal.see('step 3 of 9  CPU');
    expect(faultsOfFrame(terminal.screen())).toEqual([]);
    expect(terminal.modes()).toMatch(/^alternate 1/);
    expect(terminal.hasMouse()).toBe(true);
    terminal.type(enter);
    await terminal.see('step 4 of 9  Memory');
    terminal.type(interrupt);
    await expect.poll(() => terminal.modes()).toBe('alternate 0, cursor 1');
  });

  it.each<readonly [string, (terminal: Terminal) => unknown]>([
    ['q', (terminal) => (terminal.type('q'), terminal.see('Leave the wizard?').then(() => terminal.type('y')))],
    ['Ctrl-C', (terminal) => terminal.type(interrupt)],
    ['the end of the terminal', (terminal) => terminal.hangUp()],
  ])('keeps choices on %s, and the next start on this host offers to continue', async (_name, leave) => {
    const state = scratchDirectory();
    const files = (): readonly string[] => readdirSync(state, {recursive: true, encoding: 'utf8'}).sort();
    const first = openTerminal(`--root ${untouched}`, {state});
    await walkTo(first, 3);
    first.type('24');
    await first.see('24 GiB ›');
    first.type(enter);
    await first.see('step 5 of 9  Guest');
    await leave(first);
    await expect.poll(files, {timeout: 30_000}).toEqual(['vfio-pilot', expect.stringMatching(/draft-\w{12}\.json$/)]);
    const elsewhere = openTerminal(`--root ${unpackHost('two-identical-cards')}`, {state});
    expect(await elsewhere.see('This machine')).not.toContain('Continue where');
    elsewhere.type(interrupt);
    const second = openTerminal(`--root ${untouched}`, {state});
    await second.see('❯ Continue where you were? GeForce RTX 3060');
    expect(faultsOfFrame(second.screen())).toEqual([]);
    second.type(enter);
    await second.see('step 5 of 9  Guest');
    second.type(escape);
    await second.see('‹ 24 GiB ›');
    second.type(`m`);
    await second.see('Summary');
    second.type(interrupt);
    await second.ended();
    const third = openTerminal(`--root ${untouched}`, {state});
    await third.see('❯ Continue where you were?');
    third.type('d');
    await third.see('❯ Set up a device');
    await expect.poll(files, {timeout: 30_000}).toEqual(['vfio-pilot']);
    third.type(interrupt);
    await third.ended();
  });

  it('obeys the mouse, and leaves it to the terminal with --no-mouse', async () => {
    const [terminal, without] = [openTerminal(`--root ${untouched}`), openTerminal(`--no-mouse --root ${untouched}`)];
    await walkTo(terminal, 1);
    const row = terminal.screen().findIndex((shown) => shown.includes('0000:0a:00.0')) + 1;
    terminal.type(`${escape}[<0;9;${row}M${escape}[<0;9;${row}m`);
    await terminal.see(/❯ .* 0000:0a:00\.0/);
    await without.see('This machine');
    expect(without.hasMouse()).toBe(false);
    for (const one of [terminal, without]) one.type(interrupt);
  });

  it('draws anew after the window was resized, and says when it is too small', async () => {
    const terminal = openTerminal(`--root ${untouched}`);
    await walkTo(terminal, 2);
    terminal.resize(59, 20);
    await terminal.see('Make it at least 60x16');
    terminal.resize(60, 16);
    await terminal.see(/^vfio-pilot +step 3 of 9 +CPU/m);
    await expect.poll(() => faultsOfFrame(terminal.screen(), 60, 16)).toEqual([]);
    terminal.resize(160, 50);
    await terminal.see(/^vfio-pilot +step 3 of 9 +CPU/m);
    await expect.poll(() => faultsOfFrame(terminal.screen(), 160, 50)).toEqual([]);
    terminal.resize(80, 24);
    await expect.poll(() => faultsOfFrame(terminal.screen())).toEqual([]);
    terminal.type(interrupt);
    await terminal.ended();
  });

  it('writes no colour with NO_COLOR, and some without', async () => {
    const [plain, coloured] = [
      openTerminal(`--root ${untouched}`, {prefix: 'NO_COLOR=1'}),
      openTerminal(`--root ${untouched}`),
    ];
    for (const terminal of [plain, coloured]) await walkTo(terminal, 2);
    expect(plain.painted()).not.toMatch(/\u001B\[[\d;:]*m/);
    expect(coloured.painted()).toMatch(/\u001B\[[\d;:]*m/);
    for (const terminal of [plain, coloured]) terminal.type(interrupt);
  });

  it('says on a dumb terminal what to use instead', async () => {
    const terminal = openTerminal(`--root ${untouched}`, {prefix: 'TERM=dumb', columns: 400});
    expect(await terminal.ended()).toBe('exit code 2, terminal restored');
    const shown = terminal.screen().filter((row) => row !== '');
    expect(shown).toHaveLength(3);
    expect(shown.join(' ')).toMatch(/^vfio-pilot: The wizard needs a terminal .* → .*`node \S+ profile new`/);
  });

  it.skipIf(!hasStrace)(
    'opens nothing for writing up to the review but the terminal and /dev/null (skipped where strace is missing)',
    async () => {
      const log = join(scratchDirectory(), 'trace');
      const terminal = openTerminal(`--root ${untouched}`, {prefix: `strace -f -qq -o ${log} -e trace=%file,openat`});
      await walkTo(terminal, 5);
      const calls = readFileSync(log, 'utf8').split('\n');
      terminal.type(interrupt);
      await terminal.ended();
      expect(calls.some((call) => call.includes('/etc/default/grub'))).toBe(true);
      const changing =
        /\b(O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND)\b|^\d+ +(creat|mkdir|rmdir|rename|link|unlink|symlink|chmod|fchmod|chown|lchown|fchown|truncate|mknod|utime|utimes|setxattr|lsetxattr)(at|at2|64)?\(/;
      expect(calls.filter((call) => changing.test(call) && !/"\/dev\/(tty|null|pts\/\d+)"/.test(call))).toEqual([]);
    },
  );
});

afterAll(closeTerminals);

describe('the wizard without a terminal', () => {
  it('says what to use instead', async () => {
    const {stdout, stderr, exitCode} = await runCli(['--root', untouched]);
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 2});
    expect(stderr).toMatch(/^vfio-pilot: The wizard needs a terminal\.\n  → [^\n]*`node \S+ profile new`[^\n]*\n$/);
  });
});
