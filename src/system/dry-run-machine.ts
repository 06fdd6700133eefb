import {dirname} from 'node:path';
import {machineError} from './machine-error.ts';
import type {Machine, MachineStat, NewFile, Program} from './machine.ts';
import {runInTable} from './run-in-table.ts';

export type DryRunMachine = Machine & {
  /** What would have been done, in order, `rename /etc/default/grub`. */
  readonly recorded: () => readonly string[];
};

type Node = {stat: MachineStat; readonly bytes: Buffer | null; readonly target: string | null};

/**
 * Reads pass, no mutation reaches the machine. What would have been written is kept in memory and read back from
 * there, so that the whole transaction with its own checks can run dry. A program runs only where it has a stand-in.
 */
export const dryRunMachine = (inner: Machine, programs: Readonly<Record<string, Program>> = {}): DryRunMachine => {
  const overlay = new Map<string, Node | null>();
  const recorded: string[] = [];
  const record = (name: string, path: string): void => void recorded.push(`${name} ${path}`);
  const node = (path: string): Node | null => {
    const ours = overlay.get(path);
    return ours === undefined ? innerNode(inner, path) : ours;
  };
  const existing = (doing: string, path: string): Node => node(path) ?? fail(doing, path, 'ENOENT');
  const add = (doing: string, path: string, made: Node): void => {
    if (node(path) !== null) fail(doing, path, 'EEXIST');
    if (!isDirectory(dirname(path))) fail(doing, path, 'ENOENT');
    record(doing, path);
    overlay.set(path, made);
  };
  const isDirectory = (path: string): boolean => {
    const ours = overlay.get(path);
    return ours === undefined ? inner.isDirectory(path) : ours?.stat.type === 'directory';
  };
  const fresh = (type: MachineStat['type'], mode: number): MachineStat => {
    const {uid, gid} = inner.self;
    return {type, mode, uid, gid, size: 0, links: 1, device: 0, inode: 0, modifiedMs: 0, changedMs: 0};
  };
  const file = (path: string): NewFile => {
    const change = (doing: string, stat: Partial<MachineStat>, bytes?: Buffer): void => {
      record(doing, path);
      const now = existing(doing, path);
      overlay.set(path, {...now, stat: {...now.stat, ...stat}, bytes: bytes ?? now.bytes});
    };
    return {
      write: (bytes) => {
        const whole = Buffer.concat([existing('write', path).bytes ?? Buffer.alloc(0), bytes]);
        change('write', {size: whole.length}, whole);
        return bytes.length;
      },
      copyAttributes: () => record('copyAttributes', path),
      chown: (uid, gid) => change('chown', {uid, gid}),
      chmod: (mode) => change('chmod', {mode}),
      sync: () => record('sync', path),
      stat: () => existing('stat', path).stat,
      close: () => undefined,
    };
  };
  const machine: DryRunMachine = {
    ...inner,
    recorded: () => recorded,
    stat: (path) => node(path)?.stat ?? null,
    isDirectory,
    read: (path) => existing('Reading', path).bytes ?? inner.read(path),
    readParts: (path, each) => {
      const {bytes} = existing('Reading', path);
      if (bytes === null) inner.readParts(path, each);
      else each(bytes);
    },
    readLink: (path) => existing('Reading', path).target ?? inner.readLink(path),
    list: (path) => listed(inner.list(path), overlay, path),
    space: (path) => inner.space(nearest(inner, path)),
    whyNotWritable: (path) => (overlay.has(path) ? null : inner.whyNotWritable(path)),
    hold: (path) => {
      const bytes = existing('Opening', path).bytes ?? inner.read(path);
      return {readLast: (each) => each(bytes), close: () => undefined};
    },
    create: (path) => {
      add('create', path, {stat: fresh('file', 0o600), bytes: Buffer.alloc(0), target: null});
      return file(path);
    },
    makeDirectory: (path, mode) =>
      add('makeDirectory', path, {stat: fresh('directory', mode), bytes: null, target: null}),
    removeDirectory: (path) => {
      record('removeDirectory', path);
      overlay.set(path, null);
    },
    rename: (from, to) => {
      record('rename', to);
      overlay.set(to, withContent(inner, from, existing('rename', from)));
      overlay.set(from, null);
    },
    link: (from, to) => add('link', to, withContent(inner, from, existing('link', from))),
    unlink: (path) => {
      record('unlink', path);
      existing('unlink', path);
      overlay.set(path, null);
    },
    symlink: (target, path) => add('symlink', path, {stat: fresh('symlink', 0o777), bytes: null, target}),
    changeLinkOwner: (path, uid, gid) => {
      record('changeLinkOwner', path);
      const now = existing('changeLinkOwner', path);
      overlay.set(path, {...now, stat: {...now.stat, uid, gid}});
    },
    syncFile: (path) => record('syncFile', path),
    syncDirectory: (path) => record('syncDirectory', path),
    run: async (request) => {
      record('run', request.argv.join(' '));
      return runInTable(programs, machine, request, 'not run: dry run');
    },
  };
  return machine;
};

const innerNode = (inner: Machine, path: string): Node | null => {
  const stat = inner.stat(path);
  return stat === null ? null : {stat, bytes: null, target: null};
};

/** A file of the machine that is moved in the overlay takes its content along. */
const withContent = (inner: Machine, path: string, node: Node): Node =>
  node.stat.type === 'file'
    ? {...node, bytes: node.bytes ?? inner.read(path)}
    : {...node, target: node.target ?? inner.readLink(path)};

const listed = (
  real: readonly string[],
  overlay: ReadonlyMap<string, Node | null>,
  directory: string,
): readonly string[] => {
  const names = new Set(real);
  for (const [path, node] of overlay) {
    if (dirname(path) !== directory) continue;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (node === null) names.delete(name);
    else names.add(name);
  }
  return [...names].sort();
};

const nearest = (inner: Machine, path: string): string =>
  inner.isDirectory(path) || path === '/' ? path : nearest(inner, dirname(path));

const fail = (doing: string, path: string, code: string): never => {
  throw machineError(doing, path, Object.assign(new Error(code), {code}));
};
