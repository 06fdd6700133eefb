import {rmSync, statSync} from 'node:fs';
import {resolve} from 'node:path';
import {UsageError} from '../errors.ts';
import {readHost} from '../host/read-host.ts';
import type {HostFacts} from '../host/facts.ts';
import {openSource} from '../system/source.ts';
import type {Source} from '../system/source.ts';
import type {CommandContext} from './context.ts';

/** The root that a command works on: `/`, `--root DIR`, or a scratch copy of the embedded host. */
export const chooseRoot = async ({options, err}: CommandContext): Promise<string> => {
  if (options.isDemo) {
    if (options.root !== null) throw new UsageError('--demo and --root exclude each other.', 'Give one of them.');
    const {unpackDemoHost} = await import('../system/demo-host.ts');
    const root = unpackDemoHost();
    err(`Demo host: a scratch copy in ${root}; this machine is not touched.\n`);
    // What was applied to it can be verified and rolled back with --root; the rest leaves nothing behind.
    if (options.verb !== null && options.verb !== 'apply') process.on('exit', () => rmSync(root, {recursive: true, force: true}));
    return root;
  }
  if (options.root === null) return '/';
  // An empty shell variable would otherwise mean the working directory.
  const root = options.root === '' ? null : resolve(options.root);
  if (root === null || !statSync(root, {throwIfNoEntry: false})?.isDirectory()) {
    throw new UsageError(`--root ${options.root || '""'} is not a directory.`, 'Name a directory that holds a host tree (etc, proc, sys, …).');
  }
  return root;
};

export const openHost = async (context: CommandContext, root?: string): Promise<{source: Source; facts: HostFacts}> => {
  const source = await openSourceOf(root ?? (await chooseRoot(context)));
  return {source, facts: readHost(source)};
};

/** Programs that tell facts (virsh, zpool) are asked on this machine only, never about another root. */
export const openSourceOf = async (root: string): Promise<Source> =>
  openSource(root, root === '/' ? (await import('../system/programs.ts')).readOnlyRunner : null);
