import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {isObject} from '../../src/decode/decode.ts';
import {recover} from '../../src/hosts/recover.ts';
import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import type {Machine} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {openSource} from '../../src/system/source.ts';
import {findUnsafeStart} from '../../src/system/start-guard.ts';
import {journalDirectory, journalFile, journalRoot, stateDirectory} from '../../src/system/state-directory.ts';
import {readHistory} from '../../src/transaction/history.ts';
import {measureRuns, pruneRuns} from '../../src/transaction/prune.ts';
import {readRuns} from '../../src/transaction/runs.ts';
import {failingMachine} from '../support/failing-machine.ts';
import {unpackHost} from '../support/host-tree.ts';
import {commandLine, profilePath, runCli, runShell} from '../support/run-cli.ts';
import {fileChange, ids, never, request, silent} from '../transaction/scenario.ts';
import {put, snapshot, text, withRoot} from '../transaction/scratch-root.ts';

const isRoot = process.geteuid?.() === 0;

/** `path` of `root` goes from `old` to `new` with the run `id`. */
const applyOne = (root: string, path: string, content: string, id: string = ids[0]): Promise<unknown> => {
  const machine = realMachine(root);
  return applyChanges(machine, request([fileChange(machine, path, content)], id), silent, never);
};

/** Its process is gone for whoever looks at its lock. */
const deadMachine = (root: string): Machine => {
  const machine = realMachine(root);
  return {...machine, self: {...machine.self, pid: 999_999_999, startTime: '1'}};
};

/** A run that was killed at its n-th change of the machine. */
const killed = async (root: string, path: string, at: number, mode = 0o644): Promise<void> => {
  const machine = failingMachine(deadMachine(root), {failAt: at, crash: true});
  await applyChanges(machine, request([fileChange(realMachine(root), path, 'new', 'file', mode)]), silent, never).catch(
    () => undefined,
  );
};

describe('what is among the journals and is no journal', () => {
  it('stays with its backups, is named, and rollback does not say that nothing is applied', async () => {
    const root = unpackHost('two-identical-cards');
    await runCli(['apply', profilePath('two-identical-cards'), '--root', root, '--yes']);
    const [id = ''] = readdirSync(join(root, journalRoot));
    rmSync(join(root, journalFile(id)));
    const kept = readdirSync(join(root, journalDirectory(id)), {recursive: true, encoding: 'utf8'});
    const {exitCode, stdout, stderr} = await runCli(['rollback', '--root', root, '--yes']);
    expect(exitCode).not.toBe(0);
    expect(stdout).not.toContain('nothing is applied');
    expect(stderr).toContain(journalDirectory(id));
    expect(readdirSync(join(root, journalDirectory(id)), {recursive: true, encoding: 'utf8'})).toEqual(kept);
    const verified = await runCli(['verify', '--root', root]);
    expect([verified.exitCode === 0, verified.stderr.includes(journalFile(id))]).toEqual([false, true]);
  });

  it.each<[string, (root: string) => string]>([
    ['a run that only made new files', (root) => (rmSync(join(root, journalFile(ids[0]))), journalDirectory(ids[0]))],
    ['a note', (root) => (put(root, `${journalRoot}/note.txt`, 'mine'), `${journalRoot}/note.txt`)],
    ['a folder of somebody', (root) => (put(root, `${journalRoot}/keep/a`, 'mine'), `${journalRoot}/keep`)],
    [
      'a run without anything but a backup',
      (root) => (put(root, `${journalDirectory(ids[2])}/backup/000`, 'old'), journalDirectory(ids[2])),
    ],
  ])('stays and is named: %s', (_title, make) =>
    withRoot(async (root) => {
      await applyOne(root, '/etc/new', 'new');
      const path = make(root);
      expect(await recover(realMachine(root), {}, silent)).toEqual([]);
      expect(existsSync(join(root, path))).toBe(true);
      expect(readRuns(realMachine(root)).unreadable).toMatchObject([{problem: expect.stringContaining(path)}]);
    }),
  );

  it('goes when it is the folder of a run that was killed before it had a journal', () =>
    withRoot(async (root) => {
      mkdirSync(join(root, journalDirectory(ids[0]), 'backup'), {recursive: true, mode: 0o700});
      chmodSync(join(root, journalRoot), 0o700);
      chmodSync(join(root, stateDirectory), 0o700);
      expect(await recover(realMachine(root), {}, silent)).toEqual([{id: ids[0], did: 'discarded', paths: []}]);
      expect(readdirSync(join(root, journalRoot))).toEqual([]);
    }));
});

describe('a file that waits to be put in place', () => {
  it('is at no instant of a killed run one that a program would run or read that lists its folder', async () => {
    const folder = '/etc/libvirt/hooks/qemu.d';
    const left: string[] = [];
    let instants = 0;
    const dieAt = (at: number): Promise<boolean> =>
      withRoot(async (root) => {
        mkdirSync(join(root, folder), {recursive: true});
        await killed(root, `${folder}/guest`, at, 0o755);
        instants += 1;
        for (const name of readdirSync(join(root, folder)))
          if (name !== 'guest' && lstatSync(join(root, folder, name)).isFile()) left.push(name);
        const isOver = readHistory(realMachine(root))[0]?.state === 'applied';
        await recover(realMachine(root), {}, silent);
        expect(readdirSync(join(root, folder))).toEqual(isOver ? ['guest'] : []);
        return isOver;
      });
    for (let at = 1; !(await dieAt(at)); at += 1) continue;
    expect(instants).toBeGreaterThan(20);
    expect(left).toEqual([]);
  });
});

describe('a state folder that others may have written to', () => {
  it.each<[string, boolean, (path: string) => void]>([
    ['is writable by everybody', false, (path) => chmodSync(path, 0o777)],
    ['is writable by its group', false, (path) => chmodSync(path, 0o770)],
    ['belongs to somebody else (needs root)', true, (path) => chownSync(path, 1234, 1234)],
  ])('is refused where it %s, for reading and for writing', (_title, needsRoot, spoil) =>
    withRoot(async (root) => {
      if (needsRoot && !isRoot) return;
      for (const directory of [stateDirectory, journalRoot]) {
        put(root, '/etc/a', 'old');
        await applyOne(root, '/etc/a', 'new');
        spoil(join(root, directory));
        const before = snapshot(root);
        const machine = realMachine(root);
        for (const act of [
          () => applyOne(root, '/etc/b', 'new', ids[1]),
          () => rollback(machine, {}, silent, never),
          () => recover(machine, {}, silent),
          async () => readHistory(machine),
        ])
          await expect(act()).rejects.toMatchObject({isRestored: true, message: expect.stringContaining(directory)});
        expect(snapshot(root)).toEqual(before);
        rmSync(join(root, stateDirectory), {recursive: true});
      }
    }),
  );
});

describe('a start as root', () => {
  const judge = (environment: Record<string, string>, nodeArguments: readonly string[] = []) =>
    findUnsafeStart({isRoot: true, environment, nodeArguments});

  it('is refused with any variable of the families that Node, glibc, OpenSSL and ICU read', () => {
    const names =
      'NODE_OPTIONS NODE_PATH NODE_V8_COVERAGE NODE_ICU_DATA NODE_EXTRA_CA_CERTS ' +
      'NODE_COMPILE_CACHE NODE_REPL_HISTORY NODE_DEBUG NODE_REPL_EXTERNAL_MODULE NODE_OF_TOMORROW ' +
      'LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH LD_DEBUG_OUTPUT LD_PROFILE_OUTPUT ' +
      'GLIBC_TUNABLES OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES OPENSSL_CONF_INCLUDE ' +
      'UV_USE_IO_URING GCONV_PATH GETCONF_DIR LOCPATH NLSPATH ' +
      'ICU_DATA MALLOC_TRACE HOSTALIASES';
    expect(names.split(' ').filter((name) => judge({[name]: '/tmp/x'}) === null)).toEqual([]);
    expect(judge({NODE_V8_COVERAGE: '0'})).not.toBeNull();
  });

  it('goes on with those that change nothing but what is shown', () => {
    expect(
      judge({NODE_ENV: 'production', NODE_VERSION: '20.19.0', LD_BIND_NOW: '1', TERM: 'xterm', LANG: 'de_DE.UTF-8'}, [
        '--max_old_space_size=512',
      ]),
    ).toBeNull();
  });

  it.each(['--cpu-prof', '--icu-data-dir=/tmp', '--redirect-warnings=/x', '--report-dir=/x', '-p', '--watch'])(
    'is refused with an argument of Node that is not known to be harmless (%s)',
    (argument) => expect(judge({}, [argument])?.reason).toContain(argument),
  );
});

describe('journals', () => {
  it('that no rollback can use are removed on request, and those that one can use stay', async () => {
    const root = unpackHost('two-identical-cards');
    const profile = profilePath('two-identical-cards');
    await runCli(['apply', profile, '--root', root, '--yes']);
    await runCli(['rollback', '--root', root, '--yes']);
    await runCli(['apply', profile, '--root', root, '--yes']);
    expect(readdirSync(join(root, journalRoot))).toHaveLength(2);
    const shown = await runCli(['history', '--root', root]);
    expect(shown.stdout).toMatch(/2 journals take up \d+ KiB\. `\S.* history --prune` removes one that is undone/u);
    const asked = await runCli(['history', '--prune', '--root', root]);
    expect([asked.exitCode, readdirSync(join(root, journalRoot)).length]).toEqual([asked.exitCode, 2]);
    const pruned = await runCli(['history', '--prune', '--yes', '--json', '--root', root]);
    expect(JSON.parse(pruned.stdout)).toMatchObject({runs: [{state: 'applied'}], pruned: [expect.any(String)]});
    expect(readdirSync(join(root, journalRoot))).toHaveLength(1);
    expect((await runCli(['rollback', '--root', root, '--yes'])).exitCode).toBe(0);
  });

  it('are pruned so that a kill leaves none that looks as if it had lost its journal', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      for (let at = 1, isOver = false; !isOver; at += 1) {
        rmSync(join(root, stateDirectory), {recursive: true, force: true});
        await applyOne(root, '/etc/a', 'new');
        await rollback(realMachine(root), {}, silent, never);
        const dying = failingMachine(deadMachine(root), {failAt: at, crash: true});
        try {
          pruneRuns(dying);
          isOver = true;
        } catch {
          await recover(realMachine(root), {}, silent);
        }
        expect(readRuns(realMachine(root)).unreadable).toEqual([]);
        pruneRuns(realMachine(root));
        expect(readdirSync(join(root, journalRoot))).toEqual([]);
      }
    }));

  it('that keep an edit which was met on the way stay', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      await applyOne(root, '/etc/a', 'new');
      await rollback(realMachine(root), {}, silent, never);
      put(root, `${journalDirectory(ids[0])}/backup/000-late`, 'somebody’s');
      expect(measureRuns(realMachine(root))).toMatchObject([{id: ids[0], use: 'edit'}]);
      expect(pruneRuns(realMachine(root))).toEqual([]);
    }));

  it.each<[string, (file: string) => void, RegExp]>([
    ['damaged', (file) => writeFileSync(file, '{'), /journal\.json cannot be read/u],
    ['of a newer version', newer, /was made by a newer version of vfio-pilot\.$/u],
    ['a folder', (file) => (rmSync(file), mkdirSync(file)), /cannot be read/u],
  ])('of which one is %s: the other runs go on', (_title, spoil, problem) =>
    withRoot(async (root) => {
      for (const [index, path] of ['/etc/a', '/etc/b'].entries()) {
        put(root, path, 'old');
        await applyOne(root, path, 'new', ids[index]);
      }
      spoil(join(root, journalFile(ids[0])));
      const machine = realMachine(root);
      expect(readRuns(machine).unreadable).toMatchObject([{id: ids[0], problem: expect.stringMatching(problem)}]);
      await applyOne(root, '/etc/c', 'new', ids[2]);
      expect(await recover(machine, {}, silent)).toEqual([]);
      for (const id of [ids[2], ids[1]])
        expect(await rollback(machine, {}, silent, never)).toMatchObject({id, outcome: 'rolled-back'});
      await expect(rollback(machine, {}, silent, never)).rejects.toMatchObject({
        message: expect.stringMatching(problem),
      });
      expect([text(root, '/etc/a'), text(root, '/etc/b'), existsSync(join(root, '/etc/c'))]).toEqual([
        'new',
        'old',
        false,
      ]);
    }),
  );

  it('of which the newest cannot be read: rollback undoes an older run only by its name', () =>
    withRoot(async (root) => {
      for (const [index, path] of ['/etc/a', '/etc/b'].entries()) await applyOne(root, path, 'new', ids[index]);
      newer(join(root, journalFile(ids[1])));
      const machine = realMachine(root);
      await expect(rollback(machine, {}, silent, never)).rejects.toMatchObject({
        nextStep: expect.stringContaining(`vfio-pilot rollback ${ids[0]}`),
      });
      expect(await rollback(machine, {id: ids[0]}, silent, never)).toMatchObject({outcome: 'rolled-back'});
    }));
});

function newer(file: string): void {
  const journal: unknown = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify(isObject(journal) ? {...journal, version: 99} : null));
}

describe('a rollback', () => {
  it.each<[string, (backup: string) => void]>([
    ['damaged', (backup) => writeFileSync(backup, 'other')],
    ['gone', (backup) => rmSync(backup)],
    ['a folder', (backup) => (rmSync(backup), mkdirSync(backup))],
  ])('of which one backup is %s changes nothing', (_title, spoil) =>
    withRoot(async (root) => {
      const paths = ['/etc/a', '/etc/b', '/etc/c'];
      for (const path of paths) put(root, path, `old ${path}`);
      const machine = realMachine(root);
      const changes = paths.map((path) => fileChange(machine, path, `new ${path}`));
      await applyChanges(machine, request(changes), silent, never);
      const before = snapshot(root);
      // The last is put back first: this one would be met when the others are restored already.
      spoil(join(root, journalDirectory(ids[0]), 'backup/000'));
      await expect(rollback(machine, {}, silent, never)).rejects.toMatchObject({
        isRestored: true,
        message: expect.stringContaining('/etc/a'),
      });
      expect(snapshot(root)).toEqual(before);
      expect(readHistory(machine)).toMatchObject([{state: 'applied'}]);
      // The remedy that it names.
      put(root, '/etc/a', 'old /etc/a');
      expect(await rollback(machine, {}, silent, never)).toMatchObject({outcome: 'rolled-back'});
    }),
  );
});

describe('what a killed run leaves of itself', () => {
  it('is swept by the next, with nothing else to do', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      await applyOne(root, '/etc/a', 'new');
      const lock = `${stateDirectory}/lock`;
      const dead = {pid: 999_999_999, startTime: '1', bootId: 'before'};
      put(root, lock, JSON.stringify(dead), 0o600);
      put(root, `${lock}.999999999-1`, '', 0o600);
      put(root, `${journalFile(ids[0])}.new`, '{', 0o600);
      expect(await recover(realMachine(root), {}, silent)).toEqual([]);
      expect(readdirSync(join(root, stateDirectory))).toEqual(['journal']);
      expect(readdirSync(join(root, journalDirectory(ids[0])))).not.toContain('journal.json.new');
    }));

  it('is left to a run that lives', () =>
    withRoot(async (root) => {
      put(root, '/etc/a', 'old');
      await applyOne(root, '/etc/a', 'new');
      const {pid, startTime, bootId} = realMachine(root).self;
      put(root, `${stateDirectory}/lock`, JSON.stringify({pid, startTime, bootId}), 0o600);
      put(root, `${journalFile(ids[0])}.new`, '{', 0o600);
      expect(await recover(realMachine(root), {}, silent)).toEqual([]);
      expect(existsSync(join(root, `${journalFile(ids[0])}.new`))).toBe(true);
    }));
});

describe('too few descriptors', () => {
  const commands = [
    ['check', '--demo'],
    ['plan', profilePath('dell-r710-gtx1050'), '--demo', 'r710'],
  ];

  it.each([20, 21, 22])('(%i) are said with what to do', async (limit) => {
    for (const args of commands) {
      const {exitCode, stdout, stderr} = await runShell(`ulimit -n ${limit}; ${commandLine(args)}`);
      expect([exitCode, stdout]).toEqual([4, '']);
      expect(stderr).toContain('This process may not open as many files as it needs.');
      expect(stderr).toContain('ulimit -n 1024');
    }
  });

  // Where they begin to be enough depends on how many files the program has.
  it.each(commands)('or just enough: no file is taken for absent by %s', async (...args) => {
    const whole = await runShell(commandLine(args));
    for (const limit of [23, 24, 26, 30, 36]) {
      const {exitCode, stdout} = await runShell(`ulimit -n ${limit}; ${commandLine(args)}`);
      expect([limit, exitCode, stdout]).toEqual([
        limit,
        ...(exitCode === 4 ? [4, ''] : [whole.exitCode, whole.stdout]),
      ]);
    }
  });
});

describe('a profile of a few kilobytes', () => {
  it('that names millions of CPUs is refused before they are written out', async () => {
    const profile = readFileSync(profilePath('dell-r710-gtx1050'), 'utf8');
    const many = Array.from({length: 2000}, () => '0-8191').join(',');
    expect(profile).toContain('emulator: [10, 22]');
    await withRoot(async (root) => {
      put(root, '/many.yaml', profile.replace('emulator: [10, 22]', `emulator: "${many}"`));
      const {exitCode, stdout, stderr} = await runCli(['profile', 'check', join(root, 'many.yaml'), '--demo']);
      expect(exitCode).toBe(2);
      expect(stdout + stderr).toContain('is not a list of CPU numbers');
    });
  });
});

describe('a configuration file that is larger than any is', () => {
  it('is refused by name before it is parsed', () => {
    const root = unpackHost('two-identical-cards');
    writeFileSync(join(root, 'etc/default/grub'), 'A="b"\n'.repeat(50_000));
    expect(() => openSource(root, null).text('/etc/default/grub')).toThrow('/etc/default/grub is larger than 256 KiB');
  });
});
