import {dirname} from 'node:path';
import {machineError} from '../../src/system/machine-error.ts';
import type {Machine, MachineStat, NewFile} from '../../src/system/machine.ts';

/**
 * A file system in memory that promises no more than POSIX does: what a file holds is on the disk when the file was
 * synced, a name when its directory was. Until then a power cut may leave it out, keep it, or tear it, in any order
 * (as ALICE and SQLite's test VFS have it).
 */
export type ModelDisk = {
  readonly machine: Machine;
  /** One of the disks that a power cut now may leave. */
  readonly cut: (random: () => number) => ModelDisk;
  /** Each that differs in what is at one of these paths; content that was not saved aside. */
  readonly everyCut: (paths: ReadonlySet<string>) => Generator<ModelDisk>;
  /** The same with everything saved, to see what would be. */
  readonly copy: () => ModelDisk;
  /** What an editor does that writes in place, and saves. */
  readonly overwrite: (path: string, text: string) => void;
  /** Every path with all that is known of it. */
  readonly tree: () => Readonly<Record<string, string>>;
};

export type Inode = {
  readonly type: MachineStat['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: Buffer;
  readonly target: string;
};
type Names = Map<string, number>;
type NameChange = {readonly touches: readonly string[]; readonly apply: (names: Names) => void};

export type ModelContent = ReadonlyMap<string, Inode>;

export const createModelDisk = (content: ModelContent): ModelDisk => {
  const names: Names = new Map([...content.keys()].map((path, index) => [path, index]));
  const inodes = new Map([...content.values()].map((inode, index) => [index, inode]));
  const saved = {names: new Map(names), inodes: new Map(inodes)};
  let pending: NameChange[] = [];
  const versions = new Map<number, Inode[]>();

  const fail = (doing: string, path: string, code: string): never => {
    throw machineError(doing, path, Object.assign(new Error(code), {code}));
  };
  const numberOf = (doing: string, path: string): number => names.get(path) ?? fail(doing, path, 'ENOENT');
  const inodeOf = (doing: string, path: string): Inode =>
    inodes.get(numberOf(doing, path)) ?? fail(doing, path, 'ENOENT');
  const change = (touches: readonly string[], apply: NameChange['apply']): void => {
    apply(names);
    pending.push({touches: [...touches, ...touches.map((path) => dirname(path))], apply});
  };
  const setInode = (number: number, inode: Inode): void => {
    inodes.set(number, inode);
    versions.set(number, [...(versions.get(number) ?? []), inode]);
  };
  const add = (doing: string, path: string, inode: Inode): number => {
    if (names.has(path)) fail(doing, path, 'EEXIST');
    if (inodes.get(names.get(dirname(path)) ?? -1)?.type !== 'directory') fail(doing, path, 'ENOENT');
    const number = inodes.size;
    inodes.set(number, inode);
    // Without a sync an empty file may be all that arrives; links and directories arrive with their name.
    saved.inodes.set(number, inode);
    change([path], (map) => map.set(path, number));
    return number;
  };
  const statOf = ({type, mode, uid, gid, bytes}: Inode): MachineStat => ({
    type,
    mode,
    uid,
    gid,
    size: bytes.length,
    links: 1,
    device: 1,
    inode: 0,
    modifiedMs: 0,
    changedMs: 0,
  });
  const fresh = (type: Inode['type'], mode: number, target = ''): Inode => ({
    type,
    mode,
    uid: 0,
    gid: 0,
    bytes: Buffer.alloc(0),
    target,
  });

  const openFile = (number: number): NewFile => {
    const now = (): Inode => inodes.get(number) ?? fail('Writing', `inode ${number}`, 'EIO');
    return {
      write: (bytes) => {
        setInode(number, {...now(), bytes: Buffer.concat([now().bytes, bytes])});
        return bytes.length;
      },
      copyAttributes: () => undefined,
      chown: (uid, gid) => setInode(number, {...now(), uid, gid}),
      chmod: (mode) => setInode(number, {...now(), mode}),
      sync: () => {
        saved.inodes.set(number, now());
        versions.delete(number);
      },
      stat: () => statOf(now()),
      close: () => undefined,
    };
  };

  /** What a change of names stands on is saved with it. */
  const syncDirectory = (directory: string): void => {
    const kept = new Set<NameChange>();
    const needed = new Set<string>();
    for (const one of [...pending].reverse()) {
      if (!one.touches.some((path) => dirname(path) === directory || needed.has(path))) continue;
      kept.add(one);
      for (const path of one.touches) needed.add(path);
    }
    for (const one of pending) if (kept.has(one)) one.apply(saved.names);
    pending = pending.filter((one) => !kept.has(one));
  };

  const children = (path: string): readonly string[] =>
    [...names.keys()].filter((name) => name !== '/' && dirname(name) === path);

  const machine: Machine = {
    root: '/model',
    isLive: false,
    self: {pid: 999_999_999, startTime: '1', bootId: 'model', uid: 0, gid: 0},
    startTimeOf: () => null,
    lockHolders: () => [],
    stat: (path) => (names.has(path) ? statOf(inodeOf('stat', path)) : null),
    isDirectory: (path) => names.has(path) && inodeOf('stat', path).type === 'directory',
    read: (path) => inodeOf('Reading', path).bytes,
    readParts: (path, each) => each(inodeOf('Reading', path).bytes),
    readLink: (path) => inodeOf('Reading', path).target,
    list: (path) =>
      children(path)
        .map((name) => name.slice(path === '/' ? 1 : path.length + 1))
        .sort(),
    space: () => ({device: 1, freeBytes: 2 ** 40, blockSize: 4096, freeFiles: null, isFat: false}),
    whyNotWritable: () => null,
    hold: (path) => {
      const number = numberOf('Opening', path);
      return {readLast: (each) => each(inodes.get(number)?.bytes ?? Buffer.alloc(0)), close: () => undefined};
    },
    hasProgram: () => false,
    create: (path) => openFile(add('create', path, fresh('file', 0o600))),
    makeDirectory: (path, mode) => void add('mkdir', path, fresh('directory', mode)),
    removeDirectory: (path) =>
      children(path).length > 0 ? fail('rmdir', path, 'ENOTEMPTY') : change([path], (map) => map.delete(path)),
    rename: (from, to) => {
      const number = numberOf('rename', from);
      change([from, to], (map) => map.delete(from) && map.set(to, number));
    },
    link: (from, to) => {
      const number = numberOf('link', from);
      if (names.has(to)) fail('link', to, 'EEXIST');
      change([from, to], (map) => map.set(to, number));
    },
    unlink: (path) => {
      numberOf('unlink', path);
      change([path], (map) => map.delete(path));
    },
    symlink: (target, path) => void add('symlink', path, fresh('symlink', 0o777, target)),
    changeLinkOwner: (path, uid, gid) => setInode(numberOf('lchown', path), {...inodeOf('lchown', path), uid, gid}),
    syncFile: (path) => openFile(numberOf('fsync', path)).sync(),
    syncDirectory,
    run: async () => ({state: 'not-run', reason: 'a model runs no programs'}),
  };

  const leave = (keeps: (change: NameChange) => boolean, random: () => number): ModelDisk => {
    const left = new Map(saved.names);
    const dropped = new Set<string>();
    for (const one of pending) {
      const {touches, apply} = one;
      if (!touches.some((path) => dropped.has(path)) && keeps(one)) apply(left);
      else for (const path of touches.slice(0, touches.length / 2)) dropped.add(path);
    }
    const after = new Map<string, Inode>();
    for (const [path, number] of left) {
      const inode = inodeAfter(
        saved.inodes.get(number) ?? fail('cut', path, 'EIO'),
        versions.get(number) ?? [],
        random,
      );
      if (path === '/' || left.has(dirname(path))) after.set(path, inode);
    }
    return createModelDisk(after);
  };
  const cut = (random: () => number): ModelDisk => {
    const chance = random();
    return leave(() => random() < chance, random);
  };
  const everyCut = function* (paths: ReadonlySet<string>): Generator<ModelDisk> {
    const open = pending.filter(({touches}) => touches.slice(0, touches.length / 2).some((path) => paths.has(path)));
    for (let choice = 0; choice < 2 ** open.length; choice += 1)
      yield leave(
        (one) => !open.includes(one) || (choice & (1 << open.indexOf(one))) !== 0,
        () => 0,
      );
  };

  const copy = (): ModelDisk =>
    createModelDisk(new Map([...names.keys()].map((path) => [path, inodeOf('copy', path)])));
  const overwrite = (path: string, text: string): void => {
    const number = numberOf('edit', path);
    inodes.set(number, {...inodeOf('edit', path), bytes: Buffer.from(text)});
    saved.inodes.set(number, inodeOf('edit', path));
    versions.delete(number);
  };

  return {
    machine,
    cut,
    everyCut,
    copy,
    overwrite,
    tree: () =>
      Object.fromEntries(
        [...names]
          .sort()
          .map(([path, number]) => [path, describeInode(inodes.get(number) ?? fail('tree', path, 'EIO'))]),
      ),
  };
};

/** Any state since the last sync, whole, cut off, or long enough and empty (delayed allocation). */
const inodeAfter = (saved: Inode, versions: readonly Inode[], random: () => number): Inode => {
  const all = [saved, ...versions];
  const chosen = all[Math.floor(random() * all.length)] ?? saved;
  if (versions.length === 0 || chosen.bytes.length === saved.bytes.length) return chosen;
  const torn = [
    chosen.bytes,
    chosen.bytes.subarray(0, chosen.bytes.length / 2),
    Buffer.alloc(chosen.bytes.length),
    Buffer.alloc(0),
  ];
  return {...chosen, bytes: torn[Math.floor(random() * torn.length)] ?? chosen.bytes};
};

/** Inodes are replaced, never changed, and each is described some ten thousand times. */
const descriptions = new WeakMap<Inode, string>();

const describeInode = (inode: Inode): string => {
  const {type, mode, uid, gid, bytes, target} = inode;
  const text =
    descriptions.get(inode) ?? `${type} ${mode.toString(8)} ${uid}:${gid} ${target} ${bytes.toString('latin1')}`;
  descriptions.set(inode, text);
  return text;
};
