import {execFileSync, spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import {basename, join} from 'node:path';

/** Where the lab keeps its disks too; a Debian is made once. */
const cache =
  process.env['VFIO_PILOT_LAB_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'vfio-pilot-lab');

const mirror = 'http://deb.debian.org/debian';

export const canMakeDebian = process.geteuid?.() === 0 && spawnSync('mmdebstrap', ['--version']).status === 0;

const cached = (name: string, options: readonly string[], suite: string): string => {
  const archive = join(cache, `${name}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(cache, {recursive: true});
  const unfinished = join(mkdtempSync(join(cache, 'unfinished-')), 'bare.tar');
  execFileSync(
    'mmdebstrap',
    [
      '--mode=root',
      ...options,
      '--quiet',
      '--aptopt=Acquire::Languages "none"',
      suite,
      unfinished,
      `deb ${mirror} ${suite} main`,
      `deb ${mirror}-security ${suite}-security main`,
    ],
    {stdio: ['ignore', 'ignore', 'inherit']},
  );
  renameSync(unfinished, archive);
  rmSync(join(unfinished, '..'), {recursive: true});
  return archive;
};

/** A Debian with the essential packages and apt, as an archive in the cache. */
const archiveOf = (suite: string): string => cached(`bare-${suite}`, ['--variant=minbase'], suite);

/** The libraries that Node asks for, of Debian 12 for arm64. They are unpacked and not installed, as this machine can't run them. */
export const unpackArmLibraries = (directory: string): void => {
  const options = ['--variant=extract', '--architectures=arm64', '--include=libc6,libstdc++6,libgcc-s1'];
  const archive = cached('arm64-libraries', options, 'bookworm');
  execFileSync('tar', ['--extract', '--numeric-owner', '--file', archive, '--directory', directory]);
};

export type BareDebian = {
  /** A line for its shell, as root, with /proc; what it prints and how it ended. */
  readonly run: (line: string) => {readonly output: string; readonly exitCode: number | null};
  /** Puts a file into its /tmp. */
  readonly bring: (file: string) => void;
  readonly remove: () => void;
};

/** A tree of its own below the temporary directory, with neither Node nor anything else that is not essential. */
export const openBareDebian = (suite: string): BareDebian => {
  const root = mkdtempSync(join(tmpdir(), `vfio-pilot-${suite}-`));
  execFileSync('tar', ['--extract', '--numeric-owner', '--file', archiveOf(suite), '--directory', root]);
  // Only apt asks for names.
  copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  return {
    run: (line) => {
      // Mounts and processes of its own: nothing of them is left when the line has ended.
      const {stdout, status} = spawnSync(
        'unshare',
        [
          '--mount',
          '--pid',
          '--fork',
          '--kill-child',
          `--mount-proc=${root}/proc`,
          'chroot',
          root,
          'sh',
          '-c',
          `(${line}) 2>&1`,
        ],
        {
          encoding: 'utf8',
          maxBuffer: 64 * 1024 * 1024,
          env: {
            PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
            LANG: 'C.UTF-8',
            HOME: '/root',
            DEBIAN_FRONTEND: 'noninteractive',
          },
        },
      );
      return {output: stdout, exitCode: status};
    },
    bring: (file) => copyFileSync(file, join(root, 'tmp', basename(file))),
    remove: () => rmSync(root, {recursive: true}),
  };
};
