import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A real sshd of this machine, on loopback, whose sessions run one command; it knows one key. Root makes it. */
export type LoopbackSshd = {
  /** For `ssh -F`: the host's name, port and keys. */
  readonly config: string;
  /** In front of a program that calls ssh by itself: in its own mount namespace `config` is ssh's own configuration. */
  readonly prefix: readonly string[];
  readonly stop: () => void;
};

export const canRunSshd =
  process.geteuid?.() === 0 &&
  spawnSync('sshd', ['-V']).error === undefined &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

const makeKey = (file: string): string => {
  const {status, stderr} = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file], {encoding: 'utf8'});
  if (status !== 0) throw new Error(stderr);
  return readFileSync(`${file}.pub`, 'utf8');
};

const isListening = async (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server listening')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said}`)));
  });

/** `command`: what each session runs; the one that was sent is in SSH_ORIGINAL_COMMAND. */
export const startSshd = async (host: string, command: string): Promise<LoopbackSshd> => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-sshd-'));
  const at = (name: string): string => join(directory, name);
  const port = await freePort();
  const hostKey = makeKey(at('host'));
  writeFileSync(at('authorized'), makeKey(at('person')), {mode: 0o600});
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${hostKey}`);
  writeFileSync(
    at('config'),
    `Host ${host}\n  HostName 127.0.0.1\n  Port ${port}\n  User root\n  IdentityFile ${at('person')}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${at('known')}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  BatchMode yes\n`,
  );
  writeFileSync(
    at('sshd'),
    `ListenAddress 127.0.0.1\nPort ${port}\nHostKey ${at('host')}\nAuthorizedKeysFile ${at('authorized')}\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nPidFile none\nForceCommand ${command}\n`,
  );
  // sshd wants a directory of its own in /run, which is not the real one here.
  const script = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -D -e -f "$0"';
  const child = spawn('unshare', ['-m', 'sh', '-ec', script, at('sshd')], {stdio: ['ignore', 'ignore', 'pipe']});
  await isListening(child);
  return {
    config: at('config'),
    prefix: ['unshare', '-m', 'sh', '-ec', 'mount --bind "$0" /etc/ssh/ssh_config; exec "$@"', at('config')],
    stop: () => {
      child.removeAllListeners();
      child.kill();
      rmSync(directory, {recursive: true, force: true});
    },
  };
};
