import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {CommandArtifact, GeneratedArtifact} from '../artifact.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {kernelCommandLinePath} from '../command-line/kernel-cmdline-file.ts';
import {splitKernelLine} from '../grub/kernel-tokens.ts';
import {initramfsBackend} from '../initramfs/systems.ts';
import {systemEntries} from './boot-entry.ts';
import {vendorCommandLinePath} from './future-command-line.ts';

export type LateEntry = {readonly path: string; readonly release: string};

/** What kernel-install has written from /etc/kernel/cmdline while our arguments stood there. */
export const lateEntries = (facts: HostFacts, plan: Plan): readonly LateEntry[] => {
  const edit = editOfPlan(plan);
  if (facts.boot.loader !== 'systemd-boot' || edit.add.length === 0) return [];
  return systemEntries(facts).flatMap(({file, options, release, isManaged}) => {
    const edited = editCommandLine(options, edit);
    return isManaged && release !== null && edited.ok && edited.text === options ? [{path: file.path, release}] : [];
  });
};

/**
 * What kernel-install gives to an entry once our files are gone. `previous`: /etc/kernel/cmdline of before; without it the
 * running kernel's arguments are taken, and `null` is the answer where these are ours (systemd: kernel-install(8)).
 */
export const restoredLine = (facts: HostFacts, plan: Plan, previous: string | null): string | null => {
  const line = previous ?? facts.files[vendorCommandLinePath]?.text ?? null;
  if (line !== null) return line;
  const running = facts.boot.commandLine;
  return running === null || editOfPlan(plan).add.some((word) => wordsOf(running).includes(word)) ? null : running;
};

export type LateArtifacts = {readonly images: readonly GeneratedArtifact[]; readonly commands: readonly CommandArtifact[]};

/** What takes our arguments and files from these entries and their images, after everything else is taken back. */
export const renderLateEntries = (facts: HostFacts, plan: Plan, line: string): LateArtifacts => {
  const gone = editOfPlan(plan).add.filter((word) => !wordsOf(line).includes(word));
  // Somebody's own arguments, whose entry may have been there before.
  const entries = gone.length === 0 ? [] : lateEntries(facts, plan);
  const made = initramfsBackend(facts, plan.initramfs)?.renderImages(facts, plan) ?? [];
  // Debian's kernel-install copies the image of /boot; the others have a plugin that makes one.
  const images = plan.initramfs === 'initramfs-tools' ? made.filter((artifact) => artifact.kind === 'generated').filter(({path}) => entries.some(({release}) => path === imageOf(release))) : [];
  return {images, commands: entries.map((entry) => addAgain(plan, entry, gone, images.some(({path}) => path === imageOf(entry.release))))};
};

const imageOf = (release: string): string => `/boot/initrd.img-${release}`;

const addAgain = (plan: Plan, {path, release}: LateEntry, gone: readonly string[], hasImage: boolean): CommandArtifact => {
  const kernel = plan.initramfs === 'initramfs-tools' ? `/boot/vmlinuz-${release}` : `/usr/lib/modules/${release}/vmlinuz`;
  const argv = ['/usr/bin/kernel-install', 'add', release, kernel, ...(hasImage ? [imageOf(release)] : [])] as const;
  return {
    kind: 'command',
    argv,
    undo: argv,
    triggers: [kernelCommandLinePath],
    onlyWith: kernel,
    timeoutSeconds: 900,
    effect: {kind: 'arguments', of: {kind: 'entries', paths: [path]}, before: {has: [], lacks: gone}, after: {has: [], lacks: []}},
    why: ['This kernel was installed while the arguments stood in /etc/kernel/cmdline.'],
  };
};

const wordsOf = (line: string): readonly string[] => splitKernelLine(line.replaceAll(/^\s*#.*$/gm, '').replaceAll('\n', ' ')).tokens.map(({text}) => text);
