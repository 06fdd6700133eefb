import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {stateDirectory} from '../../src/system/state-directory.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath, runCli} from '../support/run-cli.ts';
import {differences, treeState, type TreeState} from '../support/tree-state.ts';

const host = 'dell-r710-gtx1050';
export const profile = profilePath(host);

/** One copied host that is broken and mended again and again: `old` before, `applied` with the profile. */
export type CrashTree = {readonly root: string; readonly old: TreeState; readonly applied: TreeState};

export const createCrashTree = async (): Promise<CrashTree> => {
  const root = unpackHost(host);
  const old = treeState(root);
  expect((await runCli(['apply', profile, '--root', root, '--yes'])).exitCode).toBe(0);
  const applied = treeState(root);
  const tree = {root, old, applied};
  await makeOld(tree);
  expect(Object.keys(differences(old, applied)).length).toBeGreaterThan(5);
  return tree;
};

export const stateOf = ({root, old, applied}: CrashTree): 'old' | 'applied' | 'between' => {
  const now = treeState(root);
  if (Object.keys(differences(old, now)).length === 0) return 'old';
  return Object.keys(differences(applied, now)).length === 0 ? 'applied' : 'between';
};

/** Takes back what is applied and forgets the history. */
export const makeOld = async (tree: CrashTree): Promise<void> => {
  if (stateOf(tree) === 'applied') expect((await runCli(['rollback', '--root', tree.root, '--yes'])).exitCode).toBe(0);
  expect(stateOf(tree)).toBe('old');
  rmSync(join(tree.root, stateDirectory), {recursive: true, force: true});
};

/** Paths that are neither as before nor as applied, our temps of a run that is not recovered yet aside. */
export const tornPaths = ({root, old, applied}: CrashTree): readonly string[] => {
  const now = treeState(root);
  return Object.keys({...old, ...applied, ...now}).filter(
    (path) => now[path] !== old[path] && now[path] !== applied[path] && !/\/\.vfio-pilot-[^/]+(\/new)?$/u.test(path),
  );
};
