import {execFileSync, spawnSync} from 'node:child_process';
import {
  accessSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {type BlockWrite, countWrites, type DiskImage, readBlockLog, readImage} from './block-log.ts';

/** `atomicBytes`: what a drive writes whole or not at all. btrfs counts on 4 KiB, the size of its superblock. */
export type FileSystem = {
  readonly name: string;
  readonly make: readonly [string, ...string[]];
  readonly sizeMiB: number;
  readonly options: string;
  readonly atomicBytes: number;
};

/** ext4 alone would hide two kinds of faults: it saves a file before a rename goes over it, and orders data before names. */
export const fileSystems: readonly FileSystem[] = [
  {
    name: 'ext4',
    make: ['mkfs.ext4', '-q', '-F', '-b', '4096', '-J', 'size=4', '-E', 'nodiscard'],
    sizeMiB: 48,
    options: 'nodiscard',
    atomicBytes: 512,
  },
  {
    name: 'ext4 writeback',
    make: ['mkfs.ext4', '-q', '-F', '-b', '4096', '-J', 'size=4', '-E', 'nodiscard'],
    sizeMiB: 48,
    options: 'nodiscard,noauto_da_alloc,data=writeback',
    atomicBytes: 512,
  },
  {name: 'xfs', make: ['mkfs.xfs', '-q', '-f', '-K'], sizeMiB: 320, options: 'nodiscard,nouuid', atomicBytes: 512},
  {name: 'btrfs', make: ['mkfs.btrfs', '-q', '-f', '-K'], sizeMiB: 128, options: 'nodiscard', atomicBytes: 4096},
];

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']}).trim();

/** Why power cuts cannot be tested with it here; `null` when they can. */
export const whyNot = (fileSystem: FileSystem): string | null => {
  const {name, make, options} = fileSystem;
  if (process.geteuid?.() !== 0) return 'this is not root';
  for (const program of [make[0], 'qemu-storage-daemon', 'fusermount3', 'losetup'])
    if (spawnSync(program, ['--version'], {stdio: 'ignore'}).error !== undefined) return `${program} is not installed`;
  try {
    if (!run('qemu-storage-daemon', '--help').includes('type=]fuse'))
      return 'qemu-storage-daemon knows no FUSE exports';
    accessSync('/dev/fuse');
    accessSync('/dev/loop-control');
    const disk = createDisk(fileSystem);
    try {
      mountDisk(disk, disk.file, options).unmount();
    } finally {
      rmSync(disk.directory, {recursive: true});
    }
    return null;
  } catch (error) {
    return `${name} cannot be mounted from a file: ${error instanceof Error ? error.message : String(error)}`;
  }
};

type Disk = {readonly directory: string; readonly file: string; readonly size: number};

const createDisk = ({make, sizeMiB}: FileSystem): Disk => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-power-'));
  const file = join(directory, 'disk');
  const size = sizeMiB * 1024 * 1024;
  writeFileSync(file, '');
  truncateSync(file, size);
  const [program, ...args] = make;
  run(program, ...args, file);
  mkdirSync(join(directory, 'mount'));
  return {directory, file, size};
};

export type Mounted = {readonly root: string; readonly unmount: () => void};

const mountDisk = ({directory}: Pick<Disk, 'directory'>, file: string, options: string): Mounted => {
  const root = join(directory, 'mount');
  const loop = mountLoop(file, options, root);
  return {
    root,
    unmount: () => {
      run('umount', root);
      run('losetup', '-d', loop);
      waitUntilFree(loop);
    },
  };
};

/**
 * A process that has copied the mounts, as each `unshare --mount` does, keeps the file system mounted after `umount`:
 * what it then still writes would go into the next state.
 */
const waitUntilFree = (loop: string): void => {
  const backing = `/sys/block/${basename(loop)}/loop/backing_file`;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; existsSync(backing); waitedMs += 20) {
    if (waitedMs > mostPatienceMs) throw new Error(`${loop} is still in use by another program`);
    Atomics.wait(pause, 0, 0, 20);
  }
};
const mostPatienceMs = 600_000;

/**
 * A loop device that the kernel is still taking from its last file can be handed out and then not be read; a file system
 * that can't be mounted fails each time.
 */
const mountLoop = (file: string, options: string, root: string, attempt = 1): string => {
  // Not `--direct-io`: with it the log of QEMU 7.2 and the disk differ.
  const loop = run('losetup', '-f', '--show', file);
  try {
    run('mount', '-o', options, loop, root);
    return loop;
  } catch (error) {
    run('losetup', '-d', loop);
    if (attempt === 5) throw error;
    return mountLoop(file, options, root, attempt + 1);
  }
};

export type Recording = {
  readonly base: DiskImage;
  readonly log: readonly (readonly BlockWrite[])[];
  /** What the disk held at the end: a replay of the whole log must give the same. */
  readonly end: DiskImage;
  readonly size: number;
  /** Of the names that `work` gave to instants: how many writes had been made by then. */
  readonly marks: Readonly<Record<string, number>>;
};

/** Does `work` in a new file system and notes every write that reaches its disk. `mark` names an instant. */
export const recordDisk = async (
  fileSystem: FileSystem,
  work: (root: string, mark: (name: string) => void) => Promise<void>,
): Promise<Recording> => {
  const disk = createDisk(fileSystem);
  const {directory, file, size} = disk;
  try {
    const base = readImage(file);
    const [log, exported, pidFile] = ['log', 'exported', 'pid'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    for (const empty of [log, exported]) writeFileSync(empty, '');
    truncateSync(log, 256 * 1024 * 1024);
    const nodes = [
      `driver=file,filename=${file},node-name=disk`,
      `driver=file,filename=${log},node-name=log`,
      'driver=blklogwrites,node-name=top,file=disk,log=log,log-super-update-interval=1',
    ];
    run(
      'qemu-storage-daemon',
      ...nodes.flatMap((node) => ['--blockdev', node]),
      '--export',
      `fuse,id=e,node-name=top,mountpoint=${exported},writable=on`,
      '--pidfile',
      pidFile,
      '--daemonize',
    );
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const marks: Record<string, number> = {};
    try {
      const mounted = mountDisk(disk, exported, fileSystem.options);
      try {
        await work(mounted.root, (name) => (marks[name] = countWrites(log)));
      } finally {
        mounted.unmount();
      }
    } finally {
      process.kill(pid, 'SIGTERM');
      // It closes the log on its way out; `tail --pid` returns when the process is gone.
      run('tail', `--pid=${pid}`, '-f', '/dev/null');
    }
    return {base, log: readBlockLog(log), end: readImage(file), size, marks};
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
};

/** One file that takes the states of a disk one after the other. */
export const createStage = (
  {options}: FileSystem,
  size: number,
): {readonly file: string; readonly mount: () => Mounted; readonly remove: () => void} => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-state-'));
  const file = join(directory, 'disk');
  writeFileSync(file, '');
  truncateSync(file, size);
  mkdirSync(join(directory, 'mount'));
  return {file, mount: () => mountDisk({directory}, file, options), remove: () => rmSync(directory, {recursive: true})};
};
