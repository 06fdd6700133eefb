import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {documentName, verbs} from '../../src/commands/verbs.ts';
import {unpackHost} from '../support/host-tree.ts';
import {faultsOf} from '../support/json-documents.ts';
import {profilePath, runCli, runOnTerminal} from '../support/run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-json-'));
afterAll(() => rmSync(directory, {recursive: true}));
const profile = profilePath('dell-r710-gtx1050');
const wrong = join(directory, 'wrong.yaml');
writeFileSync(wrong, 'version: 1\nname: x\ncpu:\n  vcpu: 2\n');

const seen = new Set<string>();

/** Runs it with `--json`, holds the one document on stdout against the schema of that name, and answers it. */
const documentOf = async (
  name: string,
  args: readonly string[],
  wanted: number,
): Promise<Readonly<Record<string, unknown>>> => {
  const {stdout, exitCode} = await runCli([...args, '--json']);
  expect([args, exitCode]).toEqual([args, wanted]);
  const document = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  expect([args, await faultsOf(name, document)]).toEqual([args, []]);
  seen.add(name);
  return document;
};

describe('what --json prints is as the schema says', () => {
  it('of a plan, its application, what is verified of it, and its rollback', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    const at = ['--root', root];
    const startBoot = (digit: number): void => {
      const file = join(root, 'proc/sys/kernel/random/boot_id');
      mkdirSync(join(file, '..'), {recursive: true});
      writeFileSync(file, `00000000-0000-4000-8000-00000000000${digit}\n`);
    };
    startBoot(1);
    const planned = await documentOf('plan', ['plan', profile, ...at, '--out', join(directory, 'a.plan')], 0);
    // It is not written yet, so that nothing waits for a reboot.
    expect(planned).toMatchObject({rebootRequired: true, pending: false, saved: join(directory, 'a.plan')});
    const changes = planned['changes'] as readonly {
      readonly kind: string;
      readonly argv: unknown;
      readonly path: string;
    }[];
    expect(changes.filter(({kind, argv}) => (kind === 'run') !== Array.isArray(argv))).toEqual([]);
    expect(changes.find(({path}) => path.startsWith('/usr/sbin/grub-mkconfig'))?.argv).toEqual([
      '/usr/sbin/grub-mkconfig',
      '-o',
      '/boot/grub/grub.cfg',
    ]);
    const dry = await documentOf('apply', ['apply', profile, ...at, '--dry-run'], 0);
    expect(dry).toMatchObject({outcome: 'dry-run', rebootRequired: true, pending: false, applied: null});
    const applied = await documentOf('apply', ['apply', profile, ...at, '--yes'], 0);
    expect(applied).toMatchObject({outcome: 'applied', rebootRequired: true, pending: true});
    const again = await documentOf('apply', ['apply', profile, ...at, '--yes'], 0);
    expect(again).toMatchObject({outcome: 'nothing-to-do', rebootRequired: true, pending: true, changes: []});
    expect(await documentOf('plan', ['plan', profile, ...at], 0)).toMatchObject({rebootRequired: true, pending: true});
    const verified = await documentOf('verify', ['verify', ...at], 3);
    expect(verified).toMatchObject({rebootRequired: true, pending: true});

    // Another boot, in which the old arguments are there: that is no reason to start it once more.
    startBoot(2);
    expect(await documentOf('verify', ['verify', ...at], 3)).toMatchObject({rebootRequired: false, pending: false});
    expect(await documentOf('plan', ['plan', profile, ...at], 0)).toMatchObject({
      rebootRequired: false,
      pending: false,
    });

    expect(await documentOf('guest-phase', ['guest', 'phase', 'win10', 'run', ...at, '--dry-run'], 0)).toMatchObject({
      outcome: 'dry-run',
    });
    mkdirSync(join(root, 'var/log/libvirt/qemu'), {recursive: true});
    writeFileSync(join(root, 'var/log/libvirt/qemu/win10.log'), 'started\n');
    await documentOf('guest-log', ['guest', 'log', 'win10', ...at], 0);
    await documentOf('history', ['history', ...at], 0);
    expect(await documentOf('rollback', ['rollback', ...at, '--dry-run'], 0)).toMatchObject({outcome: 'dry-run'});
    expect(await documentOf('rollback', ['rollback', ...at, '--yes'], 0)).toMatchObject({outcome: 'rolled-back'});
    expect(await documentOf('rollback', ['rollback', ...at, '--yes'], 0)).toMatchObject({outcome: 'nothing-to-do'});
    expect(await documentOf('history', ['history', '--prune', '--yes', ...at], 0)).toMatchObject({
      pruned: [applied['applied']],
    });
  });

  it('of another root whose boots cannot be told apart: nothing boots it, so it waits', async () => {
    const at = ['--root', unpackHost('dell-r710-gtx1050')];
    const waiting = {rebootRequired: true, pending: true};
    expect(await documentOf('apply', ['apply', profile, ...at, '--yes'], 0)).toMatchObject(waiting);
    expect(await documentOf('verify', ['verify', ...at], 3)).toMatchObject(waiting);
  });

  it('of what looks at a host, a profile or the program', async () => {
    const root = unpackHost('ryzen-two-cards');
    const at = ['--root', root];
    await documentOf('check', ['check', ...at], 0);
    await documentOf('facts', ['facts', '--demo'], 0);
    await documentOf('groups', ['groups', ...at], 0);
    await documentOf('topology', ['topology', ...at], 0);
    await documentOf('topology', ['topology', '--profile', profilePath('ryzen-two-cards'), ...at], 0);
    const created = await documentOf('profile-new', ['profile', 'new', '--device', '0b:00.0', ...at], 0);
    expect(created).toMatchObject({version: 1});
    const node = ['--root', unpackHost('proxmox-gpu')];
    await documentOf('import', ['import', 'proxmox', '102', ...node], 0);
    const arcd = (name: string): string => join(import.meta.dirname, '../exchange/arcd', `${name}.yaml`);
    await documentOf('import', ['import', 'arcd', arcd('two-gpus'), ...at], 0);
    await documentOf('import', ['import', 'arcd', arcd('hostile'), ...at], 2);
    await documentOf('export', ['export', 'proxmox', profilePath('proxmox-gpu'), ...node], 0);
    await documentOf('profile-show', ['profile', 'show', profile], 0);
    await documentOf('profile-check', ['profile', 'check', profile, ...at], 3);
    await documentOf('profile-schema', ['profile', 'schema'], 0);
    await documentOf('plan', ['plan', profile, ...at], 3);
    await documentOf('apply', ['apply', profile, ...at, '--yes'], 3);
    await documentOf('capture', ['capture', join(directory, 'host.tar.gz'), ...at], 0);
    const facts = join(directory, 'facts.json');
    writeFileSync(facts, (await runCli(['facts', '--json', ...at])).stdout);
    await documentOf('fleet-report', ['fleet', 'report', facts, '--fit', profilePath('ryzen-two-cards')], 0);
    await documentOf('report', ['report', join(directory, 'host.md'), ...at], 0);
    await documentOf('completion', ['completion', 'fish'], 0);
    await documentOf('manual', ['manual'], 0);
    await documentOf('schema', ['schema'], 0);
    await documentOf('schema', ['schema', 'plan'], 0);
    expect(await documentOf('version', ['--version'], 0)).toEqual({
      version: 1,
      release: (JSON.parse(readFileSync('package.json', 'utf8')) as {version: string}).version,
    });
    await documentOf('help', ['help', 'plan'], 0);
    expect(await documentOf('demo-list', ['--demo', 'list'], 0)).toMatchObject({default: 'two-cards'});
  });

  it('of what fails, whatever command it was', async () => {
    const root = unpackHost('dell-r710-gtx1050');
    const at = ['--root', root];
    const codeOf = async (args: readonly string[], wanted: number): Promise<unknown> =>
      ((await documentOf('error', args, wanted))['error'] as {code: string}).code;
    expect(await codeOf(['verify', ...at], 6)).toBe('nothing-applied');
    expect(await codeOf(['confirm', ...at], 6)).toBe('nothing-applied');
    expect(await codeOf(['aply'], 2)).toBe('usage');
    expect(await codeOf(['help', 'aply'], 2)).toBe('usage');
    expect(await codeOf(['plan', join(directory, 'none.yaml')], 2)).toBe('usage');
    expect(await codeOf(['apply', profile, ...at], 2)).toBe('usage');
    expect(await codeOf([], 2)).toBe('usage');
    for (const [name, args] of [
      ['plan', ['plan', wrong, ...at]],
      ['apply', ['apply', wrong, ...at]],
      ['profile-show', ['profile', 'show', wrong]],
      ['export', ['export', 'proxmox', wrong, ...at]],
      ['profile-check', ['profile', 'check', wrong, ...at]],
    ] as const)
      expect(await documentOf(name, args, 2)).toMatchObject({
        error: {code: 'usage'},
        findings: expect.any(Array) as unknown,
      });
  });

  it('in a terminal too, where the wizard has none', async () => {
    const {stdout} = await runOnTerminal(['--demo', '--json']);
    expect(JSON.parse(stdout.replaceAll('\r', ''))).toMatchObject({error: {code: 'usage'}});
  });

  it('for each command: these tests have seen them all', () => {
    // It needs a trial boot, which no tree of files has.
    const unseen = verbs.map(documentName).filter((name) => !seen.has(name));
    expect(unseen).toEqual(['confirm']);
  });
});
