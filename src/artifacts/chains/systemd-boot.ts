import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {canBind} from '../initramfs/module-files.ts';
import {modprobePath, renderModprobe} from '../modprobe.ts';
import {joinRendered} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import type {BootEntry} from './boot-entry.ts';
import {systemEntries} from './boot-entry.ts';
import {chooseEntries} from './choose-entries.ts';
import {copyEntry} from './copy-entry.ts';
import {imageNeed} from './image-need.ts';
import type {ImageNeed} from './image-need.ts';
import {renderFutureCommandLine} from './future-command-line.ts';
import {editEntry} from './loader-entry.ts';
import {renderDefaultEntry} from './render-default-entry.ts';
import {renderPresets} from './render-presets.ts';
import {startedChoice} from './started-choice.ts';

/**
 * Entries on the EFI partition, where a power cut can lose what is written over: so the entries that work stay, a copy of
 * each with our arguments and an image of its own lies beside it, and it is the default only when all of that is there.
 */
export const renderSystemdBoot = (facts: HostFacts, plan: Plan): Rendered => {
  const {add, remove, ownedKeys} = editOfPlan(plan);
  const need = imageNeed(facts, plan);
  if (add.length + remove.length + ownedKeys.length === 0 && need === null) return {artifacts: [], findings: []};
  const entries = systemEntries(facts);
  if (entries.length === 0) return {artifacts: [], findings: add.length + remove.length === 0 && need === null ? [] : [noEntries]};
  const copied = chooseEntries(entries, startedChoice(facts)).filter(({release}) => release === null || canBind(facts, release)).filter((entry) => !isDone(facts, plan, entry, need)).map((entry) => copyEntry(facts, plan, entry, need));
  const copies = copied.flatMap((one) => ('rendered' in one ? [one] : []));
  const problems = copied.flatMap((one) => ('rendered' in one ? [] : [one]));
  return joinRendered([
    ...copies.map(({rendered}) => rendered),
    {artifacts: [], findings: problems},
    renderFutureCommandLine(facts, plan, lineOfManaged(entries)),
    renderPresets(facts, plan, copies.flatMap(({image}) => image ?? [])),
    renderDefaultEntry(facts, copies.map(({copy}) => copy), copies.map(({path}) => path)),
  ]);
};

/** An entry that kernel-install wrote after our files were there: it has the arguments, and the image that goes with them. */
const isDone = (facts: HostFacts, plan: Plan, entry: BootEntry, need: ImageNeed | null): boolean => {
  const edited = editEntry(entry.file.text ?? '', editOfPlan(plan));
  if (!edited.ok || edited.text !== entry.file.text) return false;
  if (need === null) return true;
  const modprobe = renderModprobe(plan);
  const files = need.backend.renderFiles(facts, plan).artifacts;
  return (modprobe === '' || facts.files[modprobePath]?.text === modprobe) && files.every((artifact) => artifact.kind === 'file' && facts.files[artifact.path]?.text === artifact.text);
};

/** kernel-install adds the machine id by itself (systemd: 90-loaderentry.install). */
const lineOfManaged = (entries: readonly BootEntry[]): string | null =>
  entries.findLast(({isManaged}) => isManaged)?.options.replace(/(?:^|\s+)systemd\.machine_id=\S+/, '').trim() ?? null;

const noEntries: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: '/boot/loader/entries',
  message: 'systemd-boot takes kernel arguments from its entries, and none of this system can be read in /boot, /boot/efi or /efi.',
  remedy: 'Run the command as root, with the EFI partition mounted there.',
};
