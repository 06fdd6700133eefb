import type {CommandArtifact} from '../../artifacts/artifact.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {editCommandLine} from '../../formats/kernel-line/edit.ts';
import {splitKernelLine} from '../../formats/kernel-line/tokens.ts';
import {type ImageMaker, plainImages} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import type {LateArtifacts, LateEntry} from '../boot-chain.ts';
import {editOfPlan, kernelCommandLinePath} from '../command-line/kernel-cmdline-file.ts';
import {imageNeed, systemEntries} from '../entries/copy-entry.ts';

/**
 * Images that ours are next to, and which hold what was applied as soon as the system makes them anew: its programs read
 * the same files. Without those that kernel-install writes anew together with their entries.
 */
export const systemImages = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): readonly string[] => {
  if (imageNeed(facts, plan, maker) === null) return [];
  const late = new Set(lateEntries(facts, plan).map(({path}) => path));
  return [
    ...new Set(
      systemEntries(facts)
        .filter(({file}) => !late.has(file.path))
        .flatMap(({root, initrds}) => initrds.map((path) => `${root}${path}`)),
    ),
  ];
};

/** What kernel-install has written from /etc/kernel/cmdline while our arguments were in it. */
export const lateEntries = (facts: HostFacts, plan: Plan): readonly LateEntry[] => {
  const edit = editOfPlan(plan);
  if (edit.add.length === 0) return [];
  return systemEntries(facts).flatMap(({file, options, release, isManaged}) => {
    const edited = editCommandLine(options, edit);
    return isManaged && release !== null && edited.ok && edited.text === options ? [{path: file.path, release}] : [];
  });
};

/** What takes our arguments and files from these entries and their images, after everything else is taken back. */
export const renderLateEntries = (
  facts: HostFacts,
  plan: Plan,
  line: string,
  maker: ImageMaker | null,
): LateArtifacts => {
  const gone = editOfPlan(plan).add.filter((word) => !wordsOf(line).includes(word));
  // Somebody's own arguments, whose entry may have been there before.
  const entries = gone.length === 0 ? [] : lateEntries(facts, plan);
  const added = entries.map((entry) => ({...entry, ...(maker ?? plainImages).installed(entry.release)}));
  const images = (maker?.renderImages(facts, plan) ?? [])
    .filter((artifact) => artifact.kind === 'generated')
    .filter(({path}) => added.some(({image}) => image === path));
  return {
    images,
    commands: added.map(({image, ...entry}) =>
      addAgain(entry, gone, image !== null && images.some(({path}) => path === image) ? [image] : []),
    ),
  };
};

const addAgain = (
  {path, release, kernel}: LateEntry & {readonly kernel: string},
  gone: readonly string[],
  image: readonly string[],
): CommandArtifact => {
  const argv = ['/usr/bin/kernel-install', 'add', release, kernel, ...image] as const;
  return {
    kind: 'command',
    argv,
    undo: argv,
    triggers: [kernelCommandLinePath],
    onlyWith: kernel,
    timeoutSeconds: 900,
    effect: {
      kind: 'arguments',
      of: {kind: 'entries', paths: [path]},
      before: {has: [], lacks: gone},
      after: {has: [], lacks: []},
    },
    why: ['This kernel was installed while the arguments were in /etc/kernel/cmdline.'],
  };
};

const wordsOf = (line: string): readonly string[] =>
  splitKernelLine(line.replaceAll(/^\s*#.*$/gm, '').replaceAll('\n', ' ')).tokens.map(({text}) => text);
