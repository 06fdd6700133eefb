import {spawn, spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {outputFile} from '../../../src/system/source.ts';
import {canRunSshd, type LoopbackSshd, startSshd} from '../../support/loopback-sshd.ts';
import {type CliResult, profilePath, runCli} from '../../support/run-cli.ts';
import {makeDom0, reboot, type StandIn} from '../../support/stand-in-dom0/stand-in-dom0.ts';

const host = 'dom0.example';
const session = resolve(import.meta.dirname, '../../support/stand-in-dom0/session.mjs');
const profile = profilePath('xcp-ng-one-gpu');

const stateOf = ({root}: StandIn): string =>
  [
    'boot/grub/grub.cfg',
    'etc/xensource/usb-policy.conf',
    ...['vm', 'vusb'].map((kind) => outputFile(['xe', `${kind}-list`, 'params=all'])),
  ]
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n')
    .replaceAll(/ +$/gm, '');

describe.skipIf(!canRunSshd)(
  'XCP-ng over a real sshd, with a stand-in behind it (needs root and mount namespaces)',
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-over-ssh-'));
    const dom0 = makeDom0();
    // What it said on the host that the tree is of; here it is asked.
    for (const words of [
      ['--get-dom0', 'xen-pciback.hide'],
      ['--get-xen', 'extra_guest_irqs'],
    ])
      rmSync(join(dom0.root, outputFile(['xen-cmdline', ...words])), {force: true});
    const before = stateOf(dom0);
    const script = join(scratch, 'host1.sh');
    let sshd: LoopbackSshd | null = null;
    beforeAll(async () => {
      sshd = await startSshd(host, `${process.execPath} ${session} ${dom0.root}`);
    });
    afterAll(() => {
      sshd?.stop();
      rmSync(scratch, {recursive: true, force: true});
    });

    const vfioPilot = (...words: readonly string[]): Promise<CliResult> =>
      runCli([...words, '--host', `root@${host}`], {prefix: sshd?.prefix ?? []});
    const command = (verb: string): readonly string[] => [
      '-F',
      sshd?.config ?? '',
      '-T',
      `root@${host}`,
      'sh',
      '-s',
      verb,
    ];
    const send = (verb: string) =>
      spawnSync('ssh', command(verb), {input: readFileSync(script, 'utf8'), encoding: 'utf8'});
    /** Begins to apply, and lets the connection go before that step. */
    const loseConnection = async (step: number): Promise<void> => {
      for (const name of ['held', 'ended']) rmSync(join(dom0.root, name), {force: true});
      writeFileSync(join(dom0.root, 'hold'), String(step));
      const child = spawn('ssh', command('apply'), {stdio: ['pipe', 'ignore', 'ignore']});
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end(readFileSync(script, 'utf8'));
      while (!existsSync(join(dom0.root, 'held'))) {
        expect(child.exitCode, 'it ended before that step').toBe(null);
        await pause(50);
      }
      child.kill('SIGKILL');
      await gone;
      rmSync(join(dom0.root, 'hold'));
      while (!existsSync(join(dom0.root, 'ended'))) await pause(50);
    };

    it('is checked, planned and saved as a script, set up, verified after a reboot, and taken back', async () => {
      const check = await vfioPilot('check');
      expect(check).toMatchObject({exitCode: 0, stdout: expect.stringContaining('XCP-ng 8.3')});
      const plan = await vfioPilot('plan', profile, '--emit', script);
      expect(plan).toMatchObject({exitCode: 0, stderr: expect.stringContaining(`Saved ${script}`)});
      expect(stateOf(dom0)).toBe(before);

      expect(send('check')).toMatchObject({status: 0, stdout: expect.stringContaining('is as the plan saw it')});
      expect(send('apply')).toMatchObject({status: 0, stderr: '', stdout: expect.stringContaining('Reboot now')});
      expect(await vfioPilot('plan', profile)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('Nothing to do'),
      });
      const waiting = await vfioPilot('verify', '--profile', profile);
      expect(waiting.stdout).toMatch(/, 0 not kept, [1-9]\d* pending/);

      reboot(dom0);
      const verified = await vfioPilot('verify', '--profile', profile);
      expect(verified.stdout).toMatch(/0 not kept, 0 pending/);
      expect(verified.stdout).toContain('0000:41:00.0 is hidden from dom0.');

      expect(send('undo')).toMatchObject({status: 0, stderr: ''});
      reboot(dom0);
      expect(stateOf(dom0)).toBe(before);
    });

    it.each([1, 3, 6])(
      'says after a connection that was lost before step %i that it ended half way, and undoes it',
      async (step) => {
        await loseConnection(step);
        expect(send('apply')).toMatchObject({status: 1, stderr: expect.stringContaining('ended half way')});
        expect(send('undo')).toMatchObject({status: 0, stderr: ''});
        expect(stateOf(dom0)).toBe(before);
        expect(existsSync(join(dom0.root, 'var/lib/vfio-pilot-script'))).toBe(false);
      },
    );

    it('refuses a host whose key is another, and names ssh', async () => {
      const config = sshd?.config ?? '';
      const known = config.replace(/config$/, 'known');
      copyFileSync(known, `${known}.right`);
      writeFileSync(
        known,
        readFileSync(known, 'utf8').replace(
          /AAAA\S+/,
          'AAAAC3NzaC1lZDI1NTE5AAAAIGNsZWFybHkgbm90IHRoZSBrZXkgb2YgdGhpcyBob3N0ISE=',
        ),
      );
      const refused = await vfioPilot('check');
      copyFileSync(`${known}.right`, known);
      expect(refused).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(`ssh to root@${host} ended with 255`),
      });
      expect(refused.stdout).toBe('');
    });
  },
);
