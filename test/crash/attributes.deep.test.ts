import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {bundleDriver} from '../support/bundle-driver.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {figure} from '../figures/figure.ts';
import {unpackHost} from '../support/host-tree.ts';
import {commandLine, profilePath, runShell} from '../support/run-cli.ts';
import {treeState} from '../support/tree-state.ts';
import {fileChange, never, request, silent} from '../transaction/scenario.ts';
import {put, withRoot} from '../transaction/scratch-root.ts';

const modes = ['000', '400', '440', '444', '600', '640', '644', '664', '700', '755', '1644', '2755', '4755'].map(
  (mode) => `chmod ${mode} FILE`,
);
const owners = ['chown 33:33 FILE', 'chown 0:33 FILE; chmod 640 FILE', 'chown 33:33 FILE; chmod 6755 FILE'];
const others: Readonly<Record<string, readonly string[]>> = {
  setfacl: [
    'setfacl -m u:33:r FILE',
    'chmod 640 FILE; setfacl -m u:33:rw,g:7:r,m::r FILE',
    'chown 33 FILE; setfacl -m u:7:r FILE',
    // A new file in this directory begins with an ACL.
    'setfacl -d -m u:7:rw "$(dirname FILE)"',
  ],
  setfattr: [
    'setfattr -n user.origin -v here FILE',
    'setfattr -n trusted.origin -v here FILE',
    'setfattr -n security.selinux -v system_u:object_r:etc_t:s0 FILE',
    'setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 FILE',
    'chown 33 FILE; setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 FILE',
  ],
};
/** Flags that no copy takes along: what has them is not replaced. */
const flags = ['chattr +d FILE', 'chattr +A FILE', 'chattr +S FILE', 'chattr +i FILE', 'chattr +a FILE'];

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-attributes-'));
const works = (command: string): boolean =>
  spawnSync('sh', [
    '-ec',
    `cd ${scratch}; rm -f f; echo x >f; ${command.replaceAll('FILE', 'f')}; chattr -ia f 2>/dev/null || true; rm -f f; setfacl -k . 2>/dev/null || true`,
  ]).status === 0;
const canMount =
  process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

type Outcome = {
  readonly command: string;
  readonly refusal: string | null;
  readonly applied: {readonly text: string; readonly isKept: boolean};
  readonly restored: {readonly text: string; readonly isKept: boolean};
};

const isRight = ({refusal, applied, restored}: Outcome): boolean =>
  applied.isKept && restored.isKept && restored.text === 'old' && applied.text === (refusal === null ? 'new' : 'old');

describe('attributes of a file', () => {
  it.skipIf(!canMount)(
    'are those of the old one after a replacement and after its restoration, or it is not replaced, on this root and another (needs root and mount namespaces)',
    async () => {
      const kept = [...modes, ...owners, ...Object.values(others).flat()].filter(works);
      const refused = flags.filter(works);
      const driver = join(scratch, 'driver.mjs');
      try {
        await bundleDriver(join(import.meta.dirname, 'attributes-driver.ts'), driver);
        mkdirSync(join(scratch, 'lib'));
        const script = 'mount --bind "$1/lib" /var/lib; mount -t tmpfs none /run; exec "$2" "$3" "$1" "$4"';
        const output = execFileSync(
          'unshare',
          ['-m', 'sh', '-ec', script, 'sh', scratch, process.execPath, driver, JSON.stringify([...kept, ...refused])],
          {encoding: 'utf8'},
        );
        const outcomes = JSON.parse(output) as readonly Outcome[];
        figure(
          'F1',
          `${2 * (kept.length + refused.length)} kept or refused`,
          `${outcomes.filter(isRight).length} kept or refused`,
        );
        expect(outcomes.filter((outcome) => !isRight(outcome))).toEqual([]);
        expect(outcomes.filter(({refusal}) => refusal !== null).map(({command}) => command)).toEqual([
          ...refused,
          ...refused,
        ]);
      } finally {
        for (const [index] of [...kept, ...refused].entries())
          for (const name of ['etc', 'other'])
            spawnSync('chattr', ['-f', '-ia', join(scratch, `${name}-${index}`, 'file')]);
        rmSync(scratch, {recursive: true});
      }
    },
  );

  it('do not depend on the umask', async () => {
    const profile = profilePath('dell-r710-gtx1050');
    const states = new Set<string>();
    for (const umask of ['000', '022', '077', '777']) {
      const root = unpackHost('dell-r710-gtx1050');
      const {exitCode, stderr} = await runShell(
        `umask ${umask}; ${commandLine(['apply', profile, '--root', root, '--yes'])}`,
      );
      expect(exitCode, stderr).toBe(0);
      states.add(JSON.stringify(treeState(root)));
    }
    figure('F2', '1 result of 4 umasks', `${states.size} result of 4 umasks`);
    expect(states.size).toBe(1);
  });

  it('let nobody else read a private file at any instant', async () => {
    const secret = 'only for root';
    const readable = async (mode: number): Promise<number> =>
      withRoot(async (root) => {
        put(root, '/etc/secret', `${secret} 1`, mode);
        const sound = realMachine(root);
        let count = 0;
        const look = (): null => {
          for (const directory of ['/etc', '/var/lib']) count += openFiles(sound, directory, secret);
          return null;
        };
        const machine = interceptMachine(sound, {onRead: silent, onMutation: look});
        await applyChanges(machine, request([fileChange(sound, '/etc/secret', `${secret} 2`)]), silent, never);
        await rollback(machine, {}, silent, never);
        look();
        return count;
      });
    figure('F3', 0, await readable(0o600));
    expect(await readable(0o644)).toBeGreaterThan(20);
  });
});

/** Files below that others may read and that hold the text; a directory that is closed to others hides what is in it. */
const openFiles = (machine: ReturnType<typeof realMachine>, path: string, text: string): number => {
  const stat = machine.stat(path);
  if (stat?.type === 'directory')
    return (stat.mode & 0o005) === 0
      ? 0
      : machine.list(path).reduce((sum, name) => sum + openFiles(machine, `${path}/${name}`, text), 0);
  return stat?.type === 'file' && (stat.mode & 0o044) !== 0 && machine.read(path).includes(text) ? 1 : 0;
};
