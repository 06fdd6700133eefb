import {existsSync, readdirSync, rmSync, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {UsageError} from '../errors.ts';
import {openHere} from '../hosts/here.ts';
import type {Host} from '../hosts/host.ts';
import type {Common} from './parse.ts';

type Wanted = Pick<Common, 'root' | 'demo'> & {readonly isDry: boolean; readonly version: string};

/** The host that a command works on: this machine, the tree of `--root`, or a scratch copy of an embedded host. */
export const openHost = async ({root, demo, isDry, version}: Wanted, note: (text: string) => void): Promise<Host> => {
  if (demo !== null) {
    if (root !== null) throw new UsageError('--demo and --root exclude each other.', 'Give one of them.');
    return openHere(await unpackDemo(demo, note), version, isDry);
  }
  return openHere(root === null ? '/' : findRoot(root), version, isDry);
};

const unpackDemo = async (name: string, note: (text: string) => void): Promise<string> => {
  const {unpackDemoHost} = await import('../system/demo-host.ts');
  const root = unpackDemoHost(name);
  note(`Demo host ${name}: a scratch copy in ${root}\nYour machine is not changed.\n`);
  process.on('exit', () => {
    if (!isUsed(root)) rmSync(root, {recursive: true, force: true});
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
