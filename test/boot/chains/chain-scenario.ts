import {applyChanges, rollback} from '../../../src/hosts/transactions.ts';
import type {Change} from '../../../src/changes/change.ts';
import {compareArtifacts} from '../../../src/changes/compare-artifacts.ts';
import {renderHost} from '../../../src/changes/render-host.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import type {Finding} from '../../../src/findings/finding.ts';
import {readHost} from '../../../src/host/read-host.ts';
import type {Plan} from '../../../src/plan/plan.ts';
import type {Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import type {ProgressEvent} from '../../../src/transaction/transaction.ts';
import {verifyPlan} from '../../../src/verify/verify-plan.ts';
import {figure} from '../../figures/figure.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {never, request, silent} from '../../transaction/scenario.ts';
import {snapshot} from '../../transaction/scratch-root.ts';

export type Walk = {
  readonly facts: HostFacts;
  readonly findings: readonly Finding[];
  readonly changes: readonly Change[];
  readonly before: Readonly<Record<string, string>>;
  readonly applied: Readonly<Record<string, string>>;
  /** What comparison still finds to do after applying. */
  readonly again: readonly Change[];
  readonly brokenFiles: readonly string[];
  readonly keptFiles: readonly string[];
  /** Sentences about what commands were to bring about. */
  readonly brokenPromises: readonly string[];
  readonly keptPromises: readonly string[];
  readonly rolledBack: Readonly<Record<string, string>>;
  /** Of apply. */
  readonly warnings: readonly string[];
};

/** Reads the tree, applies the sample plan to it, reads it again, and rolls back. */
export const walk = async (
  root: string,
  programs: Readonly<Record<string, Program>>,
  overrides: Partial<Plan> = {},
): Promise<Walk> => {
  const read = (): HostFacts => readHost(openSource(root, null));
  const facts = read();
  const plan = samplePlan({initramfs: facts.boot.initramfs, ...overrides});
  const {artifacts, findings} = renderHost(facts, plan);
  const changes = compareArtifacts(facts, artifacts);
  const before = snapshot(root);
  const machine = realMachine(root, programs);
  const events: ProgressEvent[] = [];
  await applyChanges(machine, request(changes), (event) => events.push(event), never);
  const applied = snapshot(root);
  const after = read();
  const again = compareArtifacts(after, renderHost(after, plan).artifacts);
  const results = verifyPlan(after, {version: 3, plan, bootId: null}, null);
  const files = results.filter(({id}) => id === 'file');
  const commands = (status: string): readonly string[] =>
    results.filter((result) => result.id === 'command' && result.status === status).map(({promise}) => promise);
  await rollback(machine, {}, silent, never);
  const promises = (status: string): readonly string[] =>
    files
      .filter((file) => file.status === status && !file.promise.includes('libvirt'))
      .map((file) => file.promise.split(' ')[0] ?? '');
  return {
    facts,
    findings,
    changes,
    before,
    applied,
    again,
    brokenFiles: promises('broken'),
    keptFiles: promises('kept'),
    brokenPromises: commands('broken'),
    keptPromises: commands('kept'),
    rolledBack: snapshot(root),
    warnings: events.flatMap((event) => (event.kind === 'warning' ? [event.message] : [])),
  };
};

/** Each path as it was: byte, mode, owner, absence. */
export const expectUndone = (name: string, {before, rolledBack}: Walk): void => {
  const paths = new Set([...Object.keys(before), ...Object.keys(rolledBack)]);
  figure(
    `E3 ${name}`,
    '0 paths differ',
    `${[...paths].filter((path) => before[path] !== rolledBack[path]).length} paths differ`,
  );
};

/** Applies the sample plan to the tree and leaves it so. */
export const applySample = async (root: string, programs: Readonly<Record<string, Program>>): Promise<void> => {
  const facts = readHost(openSource(root, null));
  const {artifacts} = renderHost(facts, samplePlan({initramfs: facts.boot.initramfs}));
  await applyChanges(realMachine(root, programs), request(compareArtifacts(facts, artifacts)), silent, never);
};

/** As `plan` shows it. */
export const describeChanges = (changes: readonly Change[]): string =>
  changes
    .map((change) => (change.kind === 'run' ? `run ${change.path}\n` : `${change.kind} ${change.path}\n${change.diff}`))
    .join('\n');
