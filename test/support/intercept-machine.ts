import type {Machine, NewFile} from '../../src/system/machine.ts';

/** One call that changes the machine, before it happens. `write` also says how many bytes it would take. */
export type MutatingCall = {readonly name: string; readonly path: string; readonly bytes: number | null};

export type Interception = {
  /** May throw: then the call does not happen. For `write` it may answer a smaller count of bytes to take. */
  readonly onMutation: (call: MutatingCall) => number | null;
  /** May throw: a dead process does not read either. */
  readonly onRead: () => void;
};

/** The same machine with a look at each call. */
export const interceptMachine = (inner: Machine, {onMutation, onRead}: Interception): Machine => {
  const reading =
    <Args extends readonly unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      onRead();
      return call(...args);
    };
  const mutating = (name: string, path: string): void => void onMutation({name, path, bytes: null});
  const file = (path: string, inner: NewFile): NewFile => ({
    write: (bytes) =>
      inner.write(bytes.subarray(0, onMutation({name: 'write', path, bytes: bytes.length}) ?? bytes.length)),
    copyAttributes: (from) => (mutating('copyAttributes', path), inner.copyAttributes(from)),
    chown: (uid, gid) => (mutating('chown', path), inner.chown(uid, gid)),
    chmod: (mode) => (mutating('chmod', path), inner.chmod(mode)),
    sync: () => (mutating('sync', path), inner.sync()),
    stat: reading(inner.stat),
    close: inner.close,
  });
  return {
    ...inner,
    stat: reading(inner.stat),
    isDirectory: reading(inner.isDirectory),
    read: reading(inner.read),
    readParts: reading(inner.readParts),
    readLink: reading(inner.readLink),
    list: reading(inner.list),
    space: reading(inner.space),
    whyNotWritable: reading(inner.whyNotWritable),
    hold: reading(inner.hold),
    create: (path) => (mutating('create', path), file(path, inner.create(path))),
    makeDirectory: (path, mode) => (mutating('makeDirectory', path), inner.makeDirectory(path, mode)),
    removeDirectory: (path) => (mutating('removeDirectory', path), inner.removeDirectory(path)),
    rename: (from, to) => (mutating('rename', to), inner.rename(from, to)),
    link: (from, to) => (mutating('link', to), inner.link(from, to)),
    unlink: (path) => (mutating('unlink', path), inner.unlink(path)),
    symlink: (target, path) => (mutating('symlink', path), inner.symlink(target, path)),
    changeLinkOwner: (path, uid, gid) => (mutating('changeLinkOwner', path), inner.changeLinkOwner(path, uid, gid)),
    syncFile: (path) => (mutating('syncFile', path), inner.syncFile(path)),
    syncDirectory: (path) => (mutating('syncDirectory', path), inner.syncDirectory(path)),
    run: async (request) => {
      mutating('run', request.argv.join(' '));
      return inner.run(request);
    },
  };
};
