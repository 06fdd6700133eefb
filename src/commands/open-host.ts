import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {UsageError} from '../errors.ts';
import {openHere} from '../hosts/here.ts';
import type {Host} from '../hosts/host.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';
import type {Common} from './parse.ts';

type Wanted = Pick<Common, 'root' | 'demo' | 'over'> & {readonly isDry: boolean; readonly version: string};

/** The host that a command works on: this machine, the tree of `--root`, or a scratch copy of an embedded or another host. */
export const openHost = async (
  {root, demo, over, isDry, version}: Wanted,
  note: (text: string) => void,
): Promise<Host> => {
  if (over !== null) {
    if (root !== null || demo !== null)
      throw new UsageError(
        '--host reads another host over ssh, and --root or --demo a tree here.',
        'Give one of them.',
      );
    return openHere(await readRemote(over, note), version, isDry);
  }
  if (demo !== null) {
    if (root !== null) throw new UsageError('--demo and --root exclude each other.', 'Give one of them.');
    return openHere(await unpackDemo(demo, note), version, isDry);
  }
  return openHere(root === null ? '/' : findRoot(root), version, isDry);
};

const readRemote = async (destination: string, note: (text: string) => void): Promise<string> => {
  const [{openRemote}, {sshEnvironment}] = await Promise.all([
    import('../capture/remote/open-remote.ts'),
    import('../capture/remote/remote-capture.ts'),
  ]);
  note(`Reading ${destination} over ssh; nothing is written there.\n`);
  const root = await openRemote(destination, sshEnvironment(process.env, process.geteuid?.() === 0));
  process.on('exit', () => rmSync(root, {recursive: true, force: true}));
  return root;
};

const unpackDemo = async (name: string, note: (text: string) => void): Promise<string> => {
  const {unpackDemoHost} = await import('../system/demo-host.ts');
  const root = unpackDemoHost(name);
  note(`Demo host ${name}: a scratch copy in ${root}\nYour machine is not changed.\n`);
  process.on('exit', () => {
    if (isUsed(root))
      note(`The scratch copy is kept with what was written there. To remove it: rm -r ${quoteForShell(root)}\n`);
    else rmSync(root, {recursive: true, force: true});
  });
  return root;
};

/** What was applied can be verified and rolled back with --root, and the wizard saves profiles there; else nothing is left behind. */
const isUsed = (root: string): boolean =>
  existsSync(join(root, 'var/lib/vfio-pilot')) || readdirSync(root).some((name) => name.endsWith('.yaml'));

/** Every host has them, captured or mounted. */
const folders = ['proc', 'etc', 'sys'];

const findRoot = (given: string): string => {
  // An empty shell variable would otherwise mean the working directory.
  const root = given === '' ? null : resolve(given);
  if (root === null || !statSync(root, {throwIfNoEntry: false})?.isDirectory())
    throw new UsageError(
      `--root ${given || '""'} is not a directory.`,
      'Name a directory that holds a host tree (etc, proc, sys, …).',
    );
  if (!folders.some((name) => existsSync(join(root, name))))
    throw new UsageError(
      `--root ${given} has no /proc, /etc or /sys, so it holds no host.`,
      'Give the root of a captured host (`vfio-pilot capture`), or of a mounted disk.',
    );
  return root;
};
