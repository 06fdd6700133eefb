import type {CommandArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import {lateEntries, renderLateEntries, restoredLine} from '../artifacts/chains/late-entries.ts';
import type {LateArtifacts, LateEntry} from '../artifacts/chains/late-entries.ts';
import {renderPresentImages} from '../artifacts/initramfs/present-images.ts';
import {kernelCommandLinePath} from '../artifacts/command-line/kernel-cmdline-file.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {Machine} from '../system/machine.ts';
import {readHistory, readPlanOf} from '../transaction/history.ts';
import type {HistoryEntry} from '../transaction/history.ts';
import {rollback as rollBack} from '../transaction/rollback.ts';
import {printable} from '../ui/printable.ts';
import {decodeAppliedPlan} from '../verify/decode-applied-plan.ts';
import {confirm} from './confirm.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeProgress} from './describe-progress.ts';
import {chooseRoot, openHost} from './open-host.ts';
import {startMachine} from './start-machine.ts';

export const rollback = async (context: CommandContext): Promise<number> => {
  const {options, out} = context;
  const root = await chooseRoot(context);
  const machine = await startMachine(context, root);
  const [id] = options.positionals;
  const entry = readHistory(machine).find((one) => (id === undefined ? one.state === 'applied' : one.id === id));
  if (entry !== undefined && entry.state === 'applied' && !options.isJson) {
    out(`Run ${entry.id} of profile ${printable(entry.profile)}, ${entry.startedAt}, is to be undone:\n${entry.paths.map((path) => `  restore ${printable(path)}\n`).join('')}`);
  }
  if (entry?.state === 'applied' && !(await confirm(context, 'rollback'))) {
    out('Left as it was.\n');
    return exitCodes.done;
  }
  const applied = entry?.state === 'applied' ? decodeAppliedPlan(readPlanOf(machine, entry.id)) : null;
  const facts = applied === null ? null : (await openHost(context, root)).facts;
  const later = applied === null || facts === null || entry === undefined ? null : readLater(machine, facts, applied.plan, entry);
  const result = await rollBack(machine, {...(id === undefined ? {} : {id}), ...(later === null ? {} : {images: later.images, entries: later.commands})}, describeProgress(context, machine.isLive), context.signal);
  if (options.isJson) out(`${JSON.stringify({version: 1, ...result}, null, 2)}\n`);
  else if (result.outcome === 'nothing-to-do') out('Nothing to do: nothing is applied.\n');
  else out(`Restored to the byte: ${result.paths.length} paths of run ${result.id}.\n${machine.isLive ? 'Reboot; the card is with its own driver again afterwards.\n' : ''}`);
  if (applied !== null && result.paths.includes(kernelCommandLinePath)) {
    const left = lateEntries((await openHost(context, root)).facts, applied.plan);
    context.err(left.map((late) => describeLate(late, later?.line ?? null)).join(''));
  }
  return exitCodes.done;
};

type Later = Pick<LateArtifacts, 'commands'> & {readonly line: string | null; readonly images: readonly (GeneratedArtifact | CommandArtifact)[]};

/** A kernel that was installed since has what was applied in its image and, with systemd-boot, in its entry. */
const readLater = (machine: Machine, facts: HostFacts, plan: Plan, {backups}: HistoryEntry): Later => {
  const backup = backups.find(({path}) => path === kernelCommandLinePath)?.backup;
  const line = restoredLine(facts, plan, backup === undefined ? null : machine.read(backup).toString('utf8'));
  const late = line === null ? {images: [], commands: []} : renderLateEntries(facts, plan, line);
  return {line, commands: late.commands, images: [...renderPresentImages(facts, plan), ...late.images]};
};

const describeLate = ({path, release}: LateEntry, line: string | null): string =>
  `${printable(path)} was written while the arguments were there, and has them still.\n${line === null ? 'Start an entry from before, as kernel-install takes the arguments of the running kernel here; then run' : 'Run'} kernel-install add ${release} with its image to have it written anew.\n`;
