import {contentDigest} from '../../formats/content-digest.ts';
import {earlyBinding} from '../../binding/early-binding.ts';
import type {Artifact} from '../../artifacts/artifact.ts';
import {judgeOwnedFile, judgeReadable, ownHeader, type Rendered} from '../../artifacts/rendered.ts';
import type {EntryChoice} from '../../facts/boot.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {editEntry, entryId, isOwnEntry, ownName, withoutOwnName} from '../../formats/boot-entry/loader-entry.ts';
import {splitKernelLine} from '../../formats/kernel-line/tokens.ts';
import type {ImageMaker} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import {editOfPlan, reasonsOfPlan} from '../command-line/kernel-cmdline-file.ts';
import {type EntryCopy, trialEntry} from './default-entry.ts';
import {linuxEntries} from './linux-entries.ts';

/** An entry that starts a kernel with an initramfs (uapi-group: Boot Loader Specification, type 1). */
export type BootEntry = {
  readonly file: FileFacts;
  /** Name of the file without the counter of tries, as the boot loader calls it. */
  readonly id: string;
  /** Where the partition of the entry is mounted; paths in it begin there. */
  readonly root: string;
  readonly linux: string;
  /** Of the initramfs; microcode is in files of its own before it. */
  readonly initrds: readonly string[];
  readonly options: string;
  /** `null` where the name of the kernel's file does not hold it. */
  readonly release: string | null;
  /** kernel-install wrote it, so that the entries of future kernels come from /etc/kernel/cmdline. */
  readonly isManaged: boolean;
};

/** Those of the running system, which another one may share the partition with; nothing that we wrote ourselves. */
export const systemEntries = (facts: HostFacts): readonly BootEntry[] =>
  linuxEntries(facts.files)
    .filter((file) => !isOwnEntry(file.path) && entryId(file.path) !== trialEntry && !hasNoTriesLeft(file.path))
    .flatMap((file) => parseEntry(file) ?? [])
    .filter((entry) => isSameRoot(entry, facts.boot.commandLine));

const hasNoTriesLeft = (path: string): boolean => /\+0(?:-\d+)?\.conf$/.test(path);

const parseEntry = (file: FileFacts): BootEntry | null => {
  const lines = (file.text ?? '').split('\n').map((line) => line.trim());
  const values = (key: string): readonly string[] =>
    lines.flatMap((line) => (line.split(/[ \t]/, 1)[0] === key ? [line.slice(key.length).trim()] : []));
  const linux = values('linux').at(-1);
  if (linux === undefined) return null;
  const id = entryId(file.path);
  const managed = /^\/([^/]+)\/(\d+\.\d[^/]*)\/linux$/.exec(linux);
  return {
    file,
    id,
    root: file.path.slice(0, file.path.indexOf('/loader/entries/')),
    linux,
    initrds: values('initrd')
      .flatMap((value) => value.split(/\s+/))
      .filter((path) => !/ucode|microcode/.test(path)),
    options: values('options').join(' '),
    release: managed?.[2] ?? /(?:vmlinuz|kernel|linux)-(\d+\.\d[^/]*?)(?:\.efi)?$/.exec(linux)?.[1] ?? null,
    isManaged: managed !== null && id === `${managed[1]}-${managed[2]}.conf`,
  };
};

/** Without `root=` on either side the partition's type says which one it is, and there is one of these at most. */
const isSameRoot = ({options}: BootEntry, running: string | null): boolean =>
  running === null || rootOf(options) === rootOf(running);

const rootOf = (line: string): string | null =>
  splitKernelLine(line).tokens.find(({text}) => text.startsWith('root='))?.text ?? null;

/** How an image is made, and the texts of our files that it has to hold. */
export type ImageNeed = {readonly maker: ImageMaker; readonly texts: readonly string[]};

/** What is in the image besides what was there before; `null` when that is nothing. */
export const imageNeed = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): ImageNeed | null => {
  // Where no file of our own changes the image, the one that is there will do.
  if (maker === null || maker.triggers.length === 0) return null;
  const files = maker
    .renderFiles(facts, plan)
    .artifacts.flatMap((artifact) => (artifact.kind === 'file' ? [artifact.text] : []));
  const texts = [earlyBinding(plan).moduleOptions(), ...files].filter((text) => text !== '');
  return texts.length === 0 ? null : {maker, texts};
};

/**
 * One entry for each kernel: the one that was started, or else the first that is no fallback. What is left out stays as
 * it is, as a way back.
 */
export const chooseEntries = (entries: readonly BootEntry[], choice: EntryChoice | null): readonly BootEntry[] => {
  // The running entry may be our copy from an earlier run.
  const started = withoutOwnName(choice?.selected ?? '');
  const kernels = [...new Set(entries.map(kernelOf))];
  return kernels.flatMap((kernel) => {
    const candidates = entries.filter((entry) => kernelOf(entry) === kernel && !isFallback(entry));
    return candidates.find(({id}) => id === started) ?? candidates[0] ?? [];
  });
};

const kernelOf = ({root, linux}: BootEntry): string => `${root} ${linux}`;

const isFallback = ({id, linux, initrds}: BootEntry): boolean =>
  [id, linux, ...initrds].some((name) => /fallback|rescue|recovery/i.test(name));

export type CopiedEntry = {
  readonly path: string;
  readonly copy: EntryCopy;
  readonly image: {readonly of: string; readonly path: string} | null;
  readonly rendered: Rendered;
};

/** An entry next to the one that works, with our arguments and, where it is needed, an image of its own. */
export const copyEntry = (
  facts: HostFacts,
  plan: Plan,
  entry: BootEntry,
  need: ImageNeed | null,
): CopiedEntry | Finding => {
  const unreadable = judgeReadable(entry.file);
  if (unreadable !== null) return unreadable;
  const edited = editEntry(entry.file.text ?? '', editOfPlan(plan));
  if (!edited.ok) return notEditable(entry, edited.reason);
  const [initrd, ...more] = entry.initrds;
  if (need !== null && (initrd === undefined || more.length > 0))
    return notEditable(entry, `it names ${more.length === 0 ? 'no' : 'more than one'} initramfs`);
  const digest = contentDigest([edited.text, ...(need?.texts ?? [])]);
  const image =
    need === null || initrd === undefined
      ? null
      : {of: `${entry.root}${initrd}`, path: ownName(`${entry.root}${initrd}`, digest)};
  const made =
    image === null ? null : (need?.maker.renderCopy(facts, plan, {...image, release: entry.release}) ?? null);
  if (image !== null && made === null) return noImage(entry, image.of);
  const id = ownName(entry.id, digest);
  const path = `${entry.root}/loader/entries/${id}`;
  const foreign = judgeOwnedFile(facts.files[path], path);
  if (foreign !== null) return foreign;
  const named =
    initrd === undefined || image === null
      ? edited.text
      : nameImage(edited.text, initrd, image.path.slice(entry.root.length));
  const text = `${ownHeader('#', plan.profile)}${withoutAuthor(named).replace(/^(\s*title\s.*?)(\s*)$/m, '$1 (vfio-pilot)$2')}`;
  const artifacts: readonly Artifact[] = [
    {
      kind: 'file',
      path,
      text,
      encoding: entry.file.encoding,
      mode: 0o644,
      placing: 'last',
      by: 'writer',
      why: [`${entry.file.path} works and is not changed; this is a copy of it.`, ...reasonsOfPlan(plan)],
    },
    ...(made === null
      ? []
      : [
          {
            ...made,
            onRollback: 'remove',
            triggers: [path],
            validations: made.validations.map((one) =>
              one.kind === 'size' ? {...one, of: image?.of ?? made.path} : one,
            ),
          } as const,
        ]),
  ];
  return {path, copy: {of: entry.id, id}, image, rendered: {artifacts, findings: []}};
};

/** The copy was not written by kernel-install, which says so of what it wrote (systemd 253: 90-loaderentry.install). */
const withoutAuthor = (text: string): string => text.replace(/^# File created by .*\n/m, '');

const nameImage = (text: string, from: string, to: string): string =>
  text
    .split('\n')
    .map((line) =>
      /^\s*initrd\s/.test(line)
        ? line
            .split(/(\s+)/)
            .map((word) => (word === from ? to : word))
            .join('')
        : line,
    )
    .join('\n');

const notEditable = ({file: {path}}: BootEntry, reason: string): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: path,
  message: `${path} can't be copied safely: ${reason}.`,
  remedy:
    'Give it one line of options and one initramfs besides the updates of the processor, then run the command again.',
});

const noImage = ({file: {path}}: BootEntry, image: string): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: path,
  message: `It is unknown how ${image} of ${path} is made: the kernel's name has no version in it, and no preset names this image.`,
  remedy: 'Let kernel-install write the entries, or set binding: libvirt.',
});
