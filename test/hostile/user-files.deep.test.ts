import {applyChanges} from '../../src/hosts/transactions.ts';
import {spawn, spawnSync} from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {readUserText} from '../../src/commands/load.ts';
import {withDirectory} from '../../src/system/open-directory.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {createUserFile, openNewUserFile} from '../../src/system/user-file.ts';
import {stagingPlace} from '../../src/transaction/staging.ts';
import {deepOrNight} from '../support/sizes.ts';
import {figure} from '../figures/figure.ts';
import {fileChange, ids, never, request, silent} from '../transaction/scenario.ts';
import {put, withRoot} from '../transaction/scratch-root.ts';

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-user-files-'));
chmodSync(directory, 0o755);
afterAll(() => rmSync(directory, {recursive: true}));

/** A directory of the attacker's with `home/d`, which is a directory and, in turns, a link to `target`, of which root alone may write. */
const ground = (): {readonly home: string; readonly target: string} => {
  const place = mkdtempSync(join(directory, 'ground-'));
  chmodSync(place, 0o755);
  const [home, target] = [join(place, 'home'), join(place, 'target')];
  for (const made of [home, join(home, 'd'), target]) mkdirSync(made, {mode: 0o755});
  symlinkSync(target, join(home, 'link'));
  spawnSync('chown', ['-hR', `${nobody}:${nobody}`, home]);
  return {home, target};
};

/** As fast as it goes, without RENAME_EXCHANGE: between two renames there is nothing at all for an instant. */
const swapping =
  '$| = 1; print "begun"; chdir shift; while (1) { rename "d", "e"; rename "link", "d"; rename "d", "link"; rename "e", "d"; }';

/** Creates files in `home/d` while the attacker swaps it; counts those that ended up where only root may write. */
const hammer = async (
  creations: number,
  create: (path: string) => void,
): Promise<{readonly escaped: number; readonly landed: number}> => {
  const {home, target} = ground();
  const attacker = spawn('perl', ['-e', swapping, home], {
    uid: nobody,
    gid: nobody,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {PATH: '/usr/bin:/bin'},
  });
  const ended = new Promise<void>((done) => attacker.once('close', () => done()));
  await new Promise<void>((begun) => attacker.stdout.once('data', () => begun()));
  for (let index = 0; index < creations; index += 1) {
    try {
      create(join(home, 'd', `f${index}`));
    } catch {
      // Nothing was there at that instant, or the link was refused.
    }
  }
  attacker.kill('SIGKILL');
  await ended;
  const landed = ['d', 'e'].flatMap((name) =>
    lstatSync(join(home, name), {throwIfNoEntry: false})?.isDirectory() ? readdirSync(join(home, name)) : [],
  );
  return {escaped: readdirSync(target).length, landed: landed.length};
};

const looked = (path: string): void => {
  if (lstatSync(join(path, '..')).isSymbolicLink()) throw new Error('a link');
  closeSync(openSync(path, 'wx'));
};

const asUser = <Result>(act: () => Result): Result => {
  Object.assign(process.env, {SUDO_UID: String(nobody), SUDO_GID: String(nobody)});
  try {
    return act();
  } finally {
    delete process.env['SUDO_UID'];
    delete process.env['SUDO_GID'];
  }
};

const creations = deepOrNight(1000, 100_000);
const hasPerl = spawnSync('perl', ['-e', '1']).status === 0;

describe.skipIf(!isRoot || !hasPerl)(
  'a directory whose owner swaps it for a link while root writes (needs root, and perl for the attacker)',
  () => {
    it('never leads root elsewhere, be it through sudo or not', async () => {
      const create = (path: string): void => closeSync(openNewUserFile(path, 0o644));
      const tally = {escaped: 0, landed: 0};
      // On a busy machine a whole round can meet nothing but the link.
      while (tally.landed === 0)
        for (const one of [create, (path: string) => asUser(() => create(path))]) {
          const {escaped, landed} = await hammer(creations, one);
          tally.escaped += escaped;
          tally.landed += landed;
        }
      figure('H1', '0 escapes', `${tally.escaped} escapes`);
      expect(tally.landed).toBeGreaterThan(0);
    });

    it('leads a writer that looks first and opens then elsewhere (control)', async () => {
      let escaped = 0;
      while (escaped === 0) escaped = (await hammer(creations * 5, looked)).escaped;
      figure('H1 control', '≥ 1 escape', escaped);
      expect(escaped).toBeGreaterThan(0);
    });
  },
);

describe('names that an attacker can guess', () => {
  it('are never followed when something is planted at them', () =>
    withRoot(async (root) => {
      let followed = 0;
      const plants: readonly ((path: string, victim: string) => void)[] = [
        (path, victim) => symlinkSync(victim, path),
        (path, victim) => linkSync(victim, path),
        (path) => void spawnSync('mkfifo', [path]),
        (path) => symlinkSync('/nonexistent/there', path),
      ];
      const names = Array.from({length: deepOrNight(60, 250)}, (_, index) => `/etc/${index}.conf`);
      const victim = join(root, 'victim');
      for (const [round, plant] of plants.entries()) {
        writeFileSync(victim, 'precious');
        const machine = realMachine(root);
        for (const name of names) put(root, name, `old ${round}`);
        const changes = names.map((name) => fileChange(machine, name, `new ${round}`));
        const id = `${ids[0].slice(0, -1)}${round}`;
        for (const [index, name] of names.entries()) plant(join(root, stagingPlace(name, id, index)), victim);
        await applyChanges(machine, request(changes, id), silent, never);
        const isWhole =
          readFileSync(victim, 'utf8') === 'precious' &&
          names.every(
            (name) =>
              lstatSync(join(root, name)).isFile() &&
              statSync(join(root, name)).nlink === 1 &&
              readFileSync(join(root, name), 'utf8') === `new ${round}`,
          );
        if (!isWhole) followed += 1;
      }
      figure('H2', '0 of 4 ways to plant one followed', `${followed} of ${plants.length} ways to plant one followed`);
      expect(followed).toBe(0);
    }));

  it('are refused when a file of the person’s is to be made there', () => {
    const file = join(directory, 'victim');
    writeFileSync(file, 'precious');
    for (const [name, target] of [
      ['link', file],
      ['dangling', join(directory, 'absent')],
      ['loop', 'loop'],
    ] as const) {
      symlinkSync(target, join(directory, name));
      expect(() => createUserFile(join(directory, name), 'x')).toThrow(`${name} exists already`);
    }
    expect([readFileSync(file, 'utf8'), readdirSync(directory).includes('absent')]).toEqual(['precious', false]);
  });
});

describe.skipIf(!isRoot)('a link on the way (needs root)', () => {
  // As systemd's test-chase.c: whose link, in whose directory.
  const owners = [0, nobody] as const;
  const table = owners.flatMap((directoryOwner) => owners.map((linkOwner) => ({directoryOwner, linkOwner})));

  it('is followed on the live root when root made it, and never when somebody else did', () => {
    const results = table.map(({directoryOwner, linkOwner}) => {
      const place = mkdtempSync(join(directory, 'chase-'));
      mkdirSync(join(place, 'target'));
      symlinkSync('target', join(place, 'link'));
      spawnSync('chown', ['-h', `${linkOwner}:${linkOwner}`, join(place, 'link')]);
      chownSync(place, directoryOwner, directoryOwner);
      const isFollowed = (() => {
        try {
          return withDirectory('/', join(place, 'link'), () => true);
        } catch {
          return false;
        }
      })();
      return isFollowed === (linkOwner === 0);
    });
    figure('H3', '4/4 transitions', `${results.filter(Boolean).length}/${results.length} transitions`);
    expect(results.every(Boolean)).toBe(true);
  });

  it('through sudo is followed with the rights of who called and no others', () => {
    const {home, target} = ground();
    expect(() => asUser(() => createUserFile(join(home, 'link', 'x'), 'x'))).toThrow(
      'cannot be written: permission denied',
    );
    expect(() => createUserFile(join(home, 'link', 'x'), 'x')).toThrow(
      'is reached through a symbolic link of another user',
    );
    asUser(() => createUserFile(join(home, 'd', 'x'), 'x'));
    expect(statSync(join(home, 'd', 'x')).uid).toBe(nobody);
    expect(readdirSync(target)).toEqual([]);
    expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, 0]);
  });

  it('through sudo shows nothing of a profile that who called may not read', () => {
    const {home, target} = ground();
    const [secret, own] = [join(target, 'secret.yaml'), join(home, 'own.yaml')];
    writeFileSync(secret, 'secret', {mode: 0o600});
    writeFileSync(own, 'own', {mode: 0o600});
    chownSync(own, nobody, nobody);
    symlinkSync(secret, join(home, 'planted.yaml'));
    expect(() => asUser(() => readUserText(join(home, 'planted.yaml'), 100))).toThrow(
      'planted.yaml may not be read by this user.',
    );
    expect(() => asUser(() => readUserText('/etc/shadow', 100))).toThrow('/etc/shadow may not be read by this user.');
    expect([asUser(() => readUserText(own, 100)), readUserText(secret, 100)]).toEqual(['own', 'secret']);
  });

  it('makes and reads a file in the home of root for who came through sudo -i, as nobody else can swap anything there', () => {
    const home = mkdtempSync(join('/root', 'vfio-pilot-'));
    try {
      asUser(() => createUserFile(join(home, 'x'), 'x'));
      expect(asUser(() => readUserText(join(home, 'x'), 100))).toBe('x');
      expect(readdirSync(home)).toEqual([basename('x')]);
    } finally {
      rmSync(home, {recursive: true});
    }
  });
});
