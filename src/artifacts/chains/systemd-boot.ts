import type {EntryChoice, HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact, CommandArtifact} from '../artifact.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {initramfsBackend} from '../initramfs/systems.ts';
import {modprobePath, renderModprobe} from '../modprobe.ts';
import {joinRendered} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import type {BootEntry} from './boot-entry.ts';
import {systemEntries} from './boot-entry.ts';
import {chooseDefaultEntry} from './choose-default-entry.ts';
import type {DefaultEntry} from './choose-default-entry.ts';
import {chooseEntries} from './choose-entries.ts';
import {copyEntry} from './copy-entry.ts';
import type {CopiedEntry, ImageNeed} from './copy-entry.ts';
import {renderFutureCommandLine} from './future-command-line.ts';
import {editEntry} from './loader-entry.ts';
import {renderPresets} from './render-presets.ts';

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
  const copied = chooseEntries(entries, facts.boot.entryChoice).filter((entry) => !isDone(facts, plan, entry, need)).map((entry) => copyEntry(facts, plan, entry, need));
  const copies = copied.flatMap((one) => ('rendered' in one ? [one] : []));
  const problems = copied.flatMap((one) => ('rendered' in one ? [] : [one]));
  return joinRendered([
    ...copies.map(({rendered}) => rendered),
    {artifacts: [], findings: problems},
    renderFutureCommandLine(facts, plan, entries),
    renderPresets(facts, plan, copies.flatMap(({image}) => image ?? [])),
    renderDefault(facts, copies),
  ]);
};

/** What is in the image besides what was there before; `null` when that is nothing. */
const imageNeed = (facts: HostFacts, plan: Plan): ImageNeed | null => {
  const backend = initramfsBackend(facts, plan.initramfs);
  // Where no file of ours changes the image, the one that is there will do.
  if (backend === null || backend.triggers.length === 0) return null;
  const files = backend.renderFiles(facts, plan).artifacts.flatMap((artifact) => (artifact.kind === 'file' ? [artifact.text] : []));
  const texts = [renderModprobe(plan), ...files].filter((text) => text !== '');
  return texts.length === 0 ? null : {backend, texts};
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

const nothingChosen: EntryChoice = {selected: null, preferred: null, default: null, lastBooted: null, hasBootctl: false};

const renderDefault = ({boot, files}: HostFacts, copies: readonly CopiedEntry[]): Rendered => {
  const [first] = copies;
  if (first === undefined) return {artifacts: [], findings: []};
  const choice = boot.entryChoice ?? nothingChosen;
  const settings = files[first.path.replace(/entries\/[^/]*$/, 'loader.conf')]?.text ?? '';
  const chosen = chooseDefaultEntry(choice, settings, copies.map(({copy}) => copy));
  if (chosen.kind === 'foreign') return {artifacts: [], findings: [foreignDefault(chosen.id, copies)]};
  const triggers = copies.map(({path}) => path);
  return {artifacts: [...(chosen.kind === 'set' ? [setDefault(chosen, triggers)] : []), ...(choice.hasBootctl && chosen.kind === 'follows' ? [listEntries(copies, triggers)] : [])], findings: []};
};

const setDefault = ({verb, variable, before, after}: Extract<DefaultEntry, {kind: 'set'}>, triggers: readonly string[]): Artifact => ({
  kind: 'command',
  argv: ['/usr/bin/bootctl', verb, after],
  // The empty string takes the variable away (systemd: bootctl(1)).
  undo: ['/usr/bin/bootctl', verb, before ?? ''],
  triggers,
  timeoutSeconds: 60,
  effect: {kind: 'loader-variable', name: variable, before, after},
  why: ['One entry is chosen by its name to be started by default; from now on it is the copy of that one.'],
});

const listEntries = (copies: readonly CopiedEntry[], triggers: readonly string[]): CommandArtifact => ({
  kind: 'command',
  argv: ['/usr/bin/bootctl', 'list', '--no-pager'],
  undo: null,
  triggers,
  timeoutSeconds: 60,
  effect: {kind: 'default-entry', ids: copies.map(({copy}) => copy.id)},
  why: ['Reads back which entry the boot loader starts by itself.'],
});

const foreignDefault = (id: string, copies: readonly CopiedEntry[]): Finding => ({
  code: 'boot-default-foreign',
  severity: 'warning',
  subject: 'boot',
  message: `This machine starts ${id} by itself, and that stays so.`,
  remedy: `Choose ${copies.map(({copy}) => copy.id).join(' or ')} in the menu of the boot loader for the virtual machine.`,
});

const noEntries: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: '/boot/loader/entries',
  message: 'systemd-boot takes kernel arguments from its entries, and none of this system can be read in /boot, /boot/efi or /efi.',
  remedy: 'Run the command as root, with the EFI partition mounted there.',
};
