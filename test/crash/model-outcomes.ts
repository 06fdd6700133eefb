import {applyChanges, rollback} from '../../src/hosts/transactions.ts';
import type {Change} from '../../src/changes/change.ts';
import {interceptMachine} from '../support/intercept-machine.ts';
import type {Machine} from '../../src/system/machine.ts';
import {readJournal} from '../../src/transaction/decode-journal.ts';
import {journalFile} from '../../src/system/state-directory.ts';
import {ids, never, request, silent} from '../transaction/scenario.ts';
import {createModelDisk} from './model-disk.ts';
import {hostContent} from './model-host.ts';

type Tree = Readonly<Record<string, string>>;

/** Paths that the transaction changes. */
const changedPaths = (old: Tree, applied: Tree): readonly string[] =>
  [...new Set([...Object.keys(old), ...Object.keys(applied)])]
    .filter((path) => old[path] !== applied[path] && !path.startsWith('/var/') && path !== '/var')
    .sort();

/** What a start after a power cut finds, before it does anything: of each path whether it is old or new, and what the journal says. */
export const outcomeOf = (
  machine: Machine,
  now: Tree,
  {old, applied}: {readonly old: Tree; readonly applied: Tree},
): string => {
  const states = changedPaths(old, applied).map(
    (path) => `${path} ${now[path] === old[path] ? 'old' : now[path] === applied[path] ? 'new' : 'other'}`,
  );
  return [`journal ${journalState(machine)}`, ...states].join('\n');
};

const journalState = (machine: Machine): string => {
  try {
    return readJournal(machine, ids[0])?.state ?? 'none';
  } catch {
    return 'unreadable';
  }
};

/** The stand-ins of the scenario for a disk in memory; others do not run. */
const withPrograms = (machine: Machine): Machine => ({
  ...machine,
  run: async ({argv}) => {
    const output = argv.at(-1) ?? '';
    const texts: Readonly<Record<string, string>> = {
      'grub-mkconfig': `menu for ${machine.read('/etc/default/grub').toString('utf8')}`,
      mkinitcpio: 'initrd with vfio',
    };
    const text = texts[argv[0]];
    if (text !== undefined) machine.create(output).write(Buffer.from(text));
    return {state: 'ended', exitCode: 0, problem: null, stdout: '', lastLines: []};
  },
});

/** Every outcome that the model of a disk has for the changes, over all instants of an apply and a rollback and all that may be left out then. */
export const modelOutcomes = async (
  changesOn: (machine: Machine) => readonly Change[],
): Promise<ReadonlySet<string>> => {
  const content = await hostContent();
  const transact = async (
    look: (disk: ReturnType<typeof createModelDisk>) => void,
  ): Promise<{readonly old: Tree; readonly applied: Tree}> => {
    const disk = createModelDisk(content);
    const old = disk.tree();
    const machine = interceptMachine(withPrograms(disk.machine), {
      onRead: silent,
      onMutation: () => (look(disk), null),
    });
    await applyChanges(machine, request(changesOn(disk.machine)), silent, never);
    const applied = disk.tree();
    await rollback(machine, {}, silent, never);
    look(disk);
    return {old, applied};
  };
  const trees = await transact(silent);
  const paths = new Set([...changedPaths(trees.old, trees.applied), journalFile(ids[0])]);
  const outcomes = new Set<string>();
  await transact((disk) => {
    for (const left of disk.everyCut(paths)) outcomes.add(outcomeOf(left.machine, left.tree(), trees));
  });
  return outcomes;
};
