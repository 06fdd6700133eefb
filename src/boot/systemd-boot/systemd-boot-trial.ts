import {judgeOwnedFile, ownHeader} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {type BootEntry, systemEntries} from '../entries/copy-entry.ts';
import {inPlaceOf, trialEntry} from '../entries/default-entry.ts';
import {entryFactsOf} from '../entries/entry-facts.ts';
import type {LoaderVariableEffect} from '../probes/loader-variable.ts';
import {trialImpossible} from '../trial/judge-trial.ts';
import type {TrialLoader} from '../trial/trial-loader.ts';
import {trialImageName, trialTitle} from '../trial/trial-units.ts';

/** systemd-boot takes the variable away before it starts the entry (systemd: systemd-boot(7), LoaderEntryOneShot). */
export const systemdBootTrial: TrialLoader = {
  judge: (facts) => {
    const entry = runningEntry(facts);
    if (entryFactsOf(facts)?.choice.hasBootctl !== true)
      return ['bootctl, which chooses an entry for one boot, is not installed'];
    if (entry === null) return ['it is unknown which of the entries on the EFI partition started this system'];
    return [
      ...(entry.release === facts.kernel.release
        ? []
        : [`${entry.file.path} does not start the running kernel by its name`]),
      ...(entry.initrds.length === 1
        ? []
        : [`${entry.file.path} names ${entry.initrds.length === 0 ? 'no' : 'more than one'} initramfs`]),
    ];
  },
  argumentsOf: (facts) => runningEntry(facts)?.options ?? null,
  render: (facts, commandLine) => {
    const running = runningEntry(facts);
    const [initrd] = running?.initrds ?? [];
    if (running === null || initrd === undefined) return null;
    const path = `${running.root}/loader/entries/${trialEntry}`;
    const foreign = judgeOwnedFile(facts.files[path], path);
    if (foreign !== null) return foreign;
    if (facts.files[path] !== undefined)
      return trialImpossible(`${path} is left from an earlier trial; roll that back first`);
    return {
      imagePath: `${running.root}/${trialImageName}`,
      entry: {
        kind: 'file',
        path,
        text: renderEntry(running, initrd, commandLine),
        encoding: 'utf8',
        mode: 0o644,
        placing: 'last',
        by: 'writer',
        why: [`An entry that only a choice for one boot starts; ${running.file.path} is not changed.`],
      },
      chooseOnce: {
        kind: 'command',
        argv: ['/usr/bin/bootctl', 'set-oneshot', trialEntry],
        // The empty string takes the variable away (systemd: bootctl(1)).
        undo: ['/usr/bin/bootctl', 'set-oneshot', ''],
        triggers: [path],
        timeoutSeconds: 60,
        effect: {
          kind: 'loader-variable',
          name: 'LoaderEntryOneShot',
          before: null,
          after: trialEntry,
        } satisfies LoaderVariableEffect,
        why: [
          'The next boot starts the trial, and only that one: the boot loader clears the choice before it starts the entry.',
        ],
      },
    };
  },
};

const runningEntry = (facts: HostFacts): BootEntry | null => {
  const selected = entryFactsOf(facts)?.choice.selected ?? null;
  return selected === null
    ? null
    : (systemEntries(facts).find(({id}) => id === selected || id === `${selected}.conf`) ?? null);
};

/** Keys that decide the order come last in it; the rest is what starts the known-good system. */
const renderEntry = ({file, id}: BootEntry, initrd: string, commandLine: string): string => {
  const lines = (file.text ?? '').split('\n').flatMap((line): readonly string[] => {
    const [key = ''] = line.trim().split(/\s+/);
    if (key === 'title') return [`title ${trialTitle}`];
    if (key === 'sort-key') return [`${line.trim()}-zz-trial`];
    if (key === 'version') return ['version 0'];
    if (key === 'options') return [`options ${commandLine}`];
    if (key === 'initrd')
      return [
        line
          .trim()
          .split(/(\s+)/)
          .map((word) => (word === initrd ? `/${trialImageName}` : word))
          .join(''),
      ];
    return key.startsWith('#') ? [] : [line];
  });
  return `${ownHeader('#', 'the trial')}${inPlaceOf(id)}${lines.join('\n')}`;
};
