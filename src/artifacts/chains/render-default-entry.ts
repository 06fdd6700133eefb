import type {EntryChoice, HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Artifact, CommandArtifact} from '../artifact.ts';
import type {Rendered} from '../rendered.ts';
import {chooseDefaultEntry} from './choose-default-entry.ts';
import type {DefaultEntry, EntryCopy} from './choose-default-entry.ts';
import {startedChoice} from './started-choice.ts';

/** One of these is on the partition that the boot loader was started from. */
const settingsPaths = ['/boot/loader/loader.conf', '/boot/efi/loader/loader.conf', '/efi/loader/loader.conf'] as const;

const nothingChosen: EntryChoice = {loader: null, selected: null, preferred: null, default: null, lastBooted: null, hasBootctl: false};

/** Makes the copies what is started by default, where their names alone do not. */
export const renderDefaultEntry = (facts: HostFacts, copies: readonly EntryCopy[], triggers: readonly string[]): Rendered => {
  if (copies.length === 0) return {artifacts: [], findings: []};
  const choice = startedChoice(facts) ?? nothingChosen;
  const settings = settingsPaths.map((path) => facts.files[path]?.text ?? '').join('\n');
  const chosen = chooseDefaultEntry(choice, settings, copies);
  if (chosen.kind === 'foreign') return {artifacts: [], findings: [foreignDefault(chosen.id, copies)]};
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

const listEntries = (copies: readonly EntryCopy[], triggers: readonly string[]): CommandArtifact => ({
  kind: 'command',
  argv: ['/usr/bin/bootctl', 'list', '--no-pager'],
  undo: null,
  triggers,
  timeoutSeconds: 60,
  effect: {kind: 'default-entry', ids: copies.map(({id}) => id)},
  why: ['Reads back which entry the boot loader starts by itself.'],
});

const foreignDefault = (id: string, copies: readonly EntryCopy[]): Finding => ({
  code: 'boot-default-foreign',
  severity: 'warning',
  subject: 'boot',
  message: `This machine starts ${id} by itself, and that stays so.`,
  remedy: `Choose ${copies.map(({id}) => id).join(' or ')} in the menu of the boot loader for the virtual machine.`,
});

