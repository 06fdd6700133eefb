import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {captureFiles, scrubEntries} from '../../src/capture/capture-files.ts';
import {openRemote} from '../../src/capture/remote/open-remote.ts';
import {parseStream} from '../../src/capture/remote/parse-stream.ts';
import {captureOver, sshEnvironment} from '../../src/capture/remote/remote-capture.ts';
import {remoteScript} from '../../src/capture/remote/remote-script.ts';
import {makeScrubber} from '../../src/capture/scrub.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource, outputFile} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {makeTree} from '../support/make-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-remote-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

/** Below a root, which is read and never written, in an environment that has nothing. */
const streamOf = (root: string): string => {
  const {status, stdout, stderr} = spawnSync('/bin/dash', ['-s'], {
    input: remoteScript(),
    encoding: 'utf8',
    env: {ROOT: root},
    maxBuffer: 1 << 28,
  });
  expect({status, stderr}).toEqual({status: 0, stderr: ''});
  return stdout;
};

const receivedOf = (root: string) => {
  const {hostName, collected} = parseStream(streamOf(root));
  return scrubEntries(collected, makeScrubber(hostName));
};

describe('the script that captures another host', () => {
  it('is shell that dash and shellcheck find nothing in', () => {
    const script = join(scratch, 'capture.sh');
    writeFileSync(script, remoteScript());
    expect(spawnSync('/bin/dash', ['-n', script]).status).toBe(0);
    expect(execFileSync('shellcheck', [script], {encoding: 'utf8'})).toBe('');
  });

  it.each(['xcp-ng-one-gpu', 'dell-r710-gtx1050', 'proxmox-server'])(
    'has from %s what a capture there has, and writes nothing',
    (host) => {
      const root = unpackHost(host);
      const listing = () =>
        execFileSync('find', [root, '-printf', '%p %T@ %C@\n'], {encoding: 'utf8', maxBuffer: 1 << 28});
      const before = listing();
      const here = captureFiles(openSource(root, null)).entries;
      // What the kernel shows is nobody's: its owner and mode are not asked.
      const plain = (entries: typeof here) =>
        entries.map((entry) =>
          entry.type === 'file'
            ? {
                path: entry.path,
                bytes: entry.bytes.toString('latin1'),
                mode: /^\/(?:sys|proc)\//.test(entry.path) ? 0 : entry.mode,
              }
            : entry,
        );
      const [received, wanted] = [plain(receivedOf(root)), plain(here)];
      expect(listing()).toBe(before);
      const isLink = (entry: object): boolean => 'type' in entry && entry.type === 'link';
      expect(received.filter((entry) => !isLink(entry))).toEqual(wanted.filter((entry) => !isLink(entry)));
      // Of links that lead to nothing that is asked for, there is none.
      expect(wanted).toEqual(expect.arrayContaining(received.filter(isLink)));
    },
  );

  it('sends only the name of what is asked for by name, and goes into no FIFO', () => {
    const root = makeTree({'/boot/vmlinuz-1': 'a kernel', '/etc/hostname': 'kalliope\n'});
    execFileSync('mkfifo', [join(root, 'etc/fstab')]);
    const entries = receivedOf(root);
    expect(entries.find(({path}) => path === '/boot/vmlinuz-1')).toMatchObject({bytes: Buffer.alloc(0)});
    expect(entries.some(({path}) => path === '/etc/fstab')).toBe(false);
  });

  it('does nothing when it was cut off', () => {
    const script = remoteScript();
    for (const part of [0.2, 0.5, 0.9, 0.99]) {
      const {stdout} = spawnSync('/bin/dash', ['-s'], {
        input: script.slice(0, Math.floor(script.length * part)),
        encoding: 'utf8',
        env: {ROOT: scratch},
      });
      expect(stdout).toBe('');
    }
  });

  it('is printed for those who want to read it first', async () => {
    expect((await runCli(['capture', '--script'])).stdout).toBe(remoteScript());
    expect(await runCli(['capture', '--script', 'x.tar.gz'])).toMatchObject({exitCode: 2});
    expect(await runCli(['capture'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('name of the archive'),
    });
  });

  it('keeps of XAPI’s records the known fields alone, with their UUIDs', () => {
    const uuid = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
    const vms = `uuid ( RO) : ${uuid}\n  name-label ( RW): win10\n  name-description ( RW): of Ada\n  other-config (MRW): pci: 0/0000:04:00.0; XenCenter.CustomFields.owner: Ada\n  networks (MRO): 0/ip: 10.1.2.3\n`;
    const root = makeTree({[outputFile(['xe', 'vm-list', 'params=all'])]: vms});
    const [file] = receivedOf(root).filter(({path}) => path.includes('xe_vm-list'));
    const text = file?.type === 'file' ? file.bytes.toString() : '';
    expect(text).toContain(uuid);
    expect(text).toContain('0/0000:04:00.0');
    expect(text).not.toMatch(/Ada|10\.1\.2\.3/);
  });
});

describe('a capture over ssh', () => {
  /** Runs what it is given here, on a tree, and is no ssh. */
  const standIn = (root: string, line: string): string => {
    const path = join(mkdtempSync(join(scratch, 'ssh-')), 'ssh');
    writeFileSync(path, `#!/bin/sh\necho "$*" >>'${path}.log'\nROOT='${root}'\nexport ROOT\n${line}\n`, {mode: 0o755});
    return path;
  };
  const asGiven = 'shift 3; exec sh -c "$1"';

  it('is an archive of the other host, for its owner only, that every command reads', async () => {
    const [root, file] = [unpackHost('xcp-ng-one-gpu'), join(scratch, 'xcp.tar.gz')];
    const ssh = standIn(root, asGiven);
    await captureOver('root@xcp.example', file, {PATH: '/usr/bin:/bin'}, ssh);
    expect(readFileSync(`${ssh}.log`, 'utf8')).toBe('-T -- root@xcp.example sh -s\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const unpacked = mkdtempSync(join(scratch, 'unpacked-'));
    execFileSync('tar', ['-xzf', file, '-C', unpacked]);
    const facts = (place: string) => ({...readHost(openSource(place, null)), root: ''});
    // A stand-in for programs is not there, but what they said on the other host is.
    expect(facts(unpacked).pci).toEqual(facts(root).pci);
    await expect(captureOver('root@xcp.example', file, {}, ssh)).rejects.toThrow('exists');
  });

  it.each([
    ['that fails', 'exit 255', 'ended with 255'],
    ['that ends early', `${asGiven.replace('exec ', '')} | head -n 5`, 'no whole answer'],
    ['whose other side has no shell', 'echo "This account is not available."', 'no whole answer'],
  ])('%s leaves no archive', async (_, line, said) => {
    const file = join(mkdtempSync(join(scratch, 'none-')), 'xcp.tar.gz');
    const ssh = standIn(unpackHost('xcp-ng-one-gpu'), line);
    await expect(captureOver('xcp', file, {PATH: '/usr/bin:/bin'}, ssh)).rejects.toThrow(said);
    expect(existsSync(file)).toBe(false);
  });

  it('is a tree for one command, with the same facts, in a directory of its own', async () => {
    const root = unpackHost('xcp-ng-one-gpu');
    const place = await openRemote('root@xcp.example', {PATH: '/usr/bin:/bin'}, standIn(root, asGiven));
    expect(statSync(place).mode & 0o777).toBe(0o700);
    const [there, here] = [place, root].map((one) => readHost(openSource(one, null)));
    expect([there?.pci, there?.usb, there?.boot]).toEqual([here?.pci, here?.usb, here?.boot]);
    rmSync(place, {recursive: true});
    await expect(openRemote('-oProxyCommand=x', {}, '/bin/false')).rejects.toThrow('no host that ssh');
    await expect(openRemote('xcp', {}, null)).rejects.toThrow('no ssh here');
  });

  it('writes nothing through a link of the other side', async () => {
    const outside = mkdtempSync(join(scratch, 'outside-'));
    const lines = [
      'vfio-pilot capture 1',
      'N host',
      'L scrubbed /etc/away',
      outside,
      'F scrubbed 644 0 0 /etc/away/file',
      'YQ==',
      '.',
      'end',
    ];
    const ssh = standIn('/nowhere', `cat <<'END'\n${lines.join('\n')}\nEND`);
    const place = await openRemote('xcp', {PATH: '/usr/bin:/bin'}, ssh);
    expect(readdirSync(outside)).toEqual([]);
    expect(readFileSync(join(place, 'etc/away/file'), 'utf8')).toBe('a');
    rmSync(place, {recursive: true});
  });

  it('leaves no tree here where a file of the other side cannot be written', async () => {
    const name = 'x'.repeat(300);
    const lines = ['vfio-pilot capture 1', 'N host', `F scrubbed 644 0 0 /etc/${name}`, 'YQ==', '.', 'end'];
    const ssh = standIn('/nowhere', `cat <<'END'\n${lines.join('\n')}\nEND`);
    const before = readdirSync(tmpdir());
    await expect(openRemote('xcp', {PATH: '/usr/bin:/bin'}, ssh)).rejects.toThrow(
      'its name is too long (ENAMETOOLONG)',
    );
    const added = readdirSync(tmpdir()).filter((one) => !before.includes(one));
    expect(added.filter((one) => one.startsWith('vfio-pilot-remote-'))).toEqual([]);
  });

  it('gives ssh the person’s environment, and root’s only its agent and its terminal', () => {
    const env = {PATH: '/home/me/bin', SSH_ASKPASS: '/home/me/ask', SSH_AUTH_SOCK: '/run/agent', TERM: 'xterm'};
    expect(sshEnvironment(env, false)).toEqual(env);
    const asRoot = sshEnvironment(env, true);
    expect(asRoot).toMatchObject({SSH_AUTH_SOCK: '/run/agent', TERM: 'xterm', HOME: '/root'});
    expect(JSON.stringify(asRoot)).not.toContain('/home/me');
  });

  it.each([
    [['plan', 'p.yaml', '--host', 'xcp', '--demo'], '--root or --demo a tree here'],
    [['check', '--host', '-oProxyCommand=x'], 'looks like an option'],
    [['check', '--host=-oProxyCommand=x'], 'no host that ssh'],
    [['verify', '--host', 'xcp'], 'verify --profile FILE --host USER@HOST'],
    [['apply', 'p.yaml', '--host', 'xcp'], 'plan PROFILE --host USER@HOST --emit host.sh'],
    [['apply', 'p.yaml', '--emit'], 'plan PROFILE --emit host.sh'],
    [['rollback', '--host', 'xcp'], 'host.sh undo'],
  ])('%j is refused with what to do', async (words, said) => {
    const profile = profilePath('xcp-ng-one-gpu');
    const given = words.map((word) => (word === 'p.yaml' ? profile : word));
    expect(await runCli(given)).toMatchObject({exitCode: 2, stderr: expect.stringContaining(said)});
  });

  it('is of no tree here', async () => {
    const tree = unpackHost('xcp-ng-one-gpu');
    expect(await runCli(['capture', '--host', 'xcp', 'x.tar.gz', '--root', tree])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--root a tree here'),
    });
  });
});
