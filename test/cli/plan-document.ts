import {basename} from 'node:path';
import {expect} from 'vitest';
import {figure} from '../figures/figure.ts';
import {runCli} from '../support/run-cli.ts';
import {differences, treeState} from '../support/tree-state.ts';

/** The contract of `plan PROFILE --json`, as far as the tests ask it. */
export type PlanDocument = {
  readonly version: 1;
  readonly profile: string;
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly subject: string;
    readonly message: string;
    readonly remedy: string;
    readonly at?: {readonly file: string; readonly line: number; readonly column: number};
  }[];
  readonly devices: readonly {
    readonly address: string | null;
    readonly bindBy: string | null;
    readonly assigned: {
      readonly of?: string;
      readonly index?: number;
      readonly vgpu?: {readonly name: string} | null;
      readonly uuid?: string;
      readonly id?: string;
      readonly parent?: string;
      readonly mdevType?: string;
    };
  }[];
  readonly kernelArguments: {readonly add: readonly string[]; readonly remove: readonly string[]};
  readonly pinning: {
    readonly vcpus: readonly {readonly vcpu: number; readonly cpus: readonly number[]}[];
    readonly emulator: readonly number[];
    readonly iothreads: readonly {readonly iothread: number; readonly cpus: readonly number[]}[];
    readonly hostNodes: readonly number[];
    readonly topology: Readonly<Record<'sockets' | 'dies' | 'cores' | 'threads', number>>;
  };
  readonly memory: {
    readonly sizeKiB: number;
    readonly hugepages: {readonly sizeKiB: number; readonly perNode: Readonly<Record<string, number>>} | null;
    readonly nodes: readonly number[];
  };
  readonly isolation: {readonly method: string; readonly cpus: readonly number[]};
  readonly changes: readonly {
    readonly path: string;
    readonly kind: string;
    readonly diff: string;
    readonly why: readonly string[];
  }[];
};

/** `plan` of a profile that fits: exit code 0, and nothing else than the document on stdout. */
export const planOf = async (profile: string, root: string): Promise<PlanDocument> => {
  const {stdout, stderr, exitCode} = await runCli(['plan', profile, '--root', root, '--json']);
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  return JSON.parse(stdout) as PlanDocument;
};

/** `apply --yes` that must succeed; the plan that was applied. */
export const applyTo = async (profile: string, root: string): Promise<PlanDocument & {readonly applied: string}> => {
  const {stdout, stderr, exitCode} = await runCli(['apply', profile, '--root', root, '--yes', '--json']);
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
  return JSON.parse(stdout) as PlanDocument & {applied: string};
};

/** The same profile again: it says so, and touches nothing, not even a time or the history. */
export const expectNothingToDo = async (profile: string, root: string): Promise<void> => {
  const before = treeState(root, {times: true, history: true});
  const {stdout, exitCode} = await runCli(['apply', profile, '--root', root, '--yes']);
  expect(stdout).toContain('Nothing to do');
  expect(exitCode).toBe(0);
  const touched = differences(before, treeState(root, {times: true, history: true}));
  figure(
    `E4 ${basename(profile, '.yaml')}`,
    '0 paths touched by the second apply',
    `${Object.keys(touched).length} paths touched by the second apply`,
  );
  expect(touched).toEqual({});
};
