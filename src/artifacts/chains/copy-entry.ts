import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Artifact} from '../artifact.ts';
import {editOfPlan, reasonsOfPlan} from '../command-line/edit-of-plan.ts';
import {judgeOwnedFile, judgeReadable, ownHeader} from '../own-file.ts';
import type {Rendered} from '../rendered.ts';
import type {BootEntry} from './boot-entry.ts';
import type {EntryCopy} from './choose-default-entry.ts';
import {contentDigest, ownName} from './entry-names.ts';
import type {ImageNeed} from './image-need.ts';
import {editEntry} from './loader-entry.ts';

export type CopiedEntry = {
  readonly path: string;
  readonly copy: EntryCopy;
  readonly image: {readonly of: string; readonly path: string} | null;
  readonly rendered: Rendered;
};

/** An entry beside the one that works, with our arguments and, where it is needed, an image of its own. */
export const copyEntry = (facts: HostFacts, plan: Plan, entry: BootEntry, need: ImageNeed | null): CopiedEntry | Finding => {
  const unreadable = judgeReadable(entry.file);
  if (unreadable !== null) return unreadable;
  const edited = editEntry(entry.file.text ?? '', editOfPlan(plan));
  if (!edited.ok) return notEditable(entry, edited.reason);
  const [initrd, ...more] = entry.initrds;
  if (need !== null && (initrd === undefined || more.length > 0)) return notEditable(entry, `it names ${more.length === 0 ? 'no' : 'more than one'} initramfs`);
  const digest = contentDigest([edited.text, ...(need?.texts ?? [])]);
  const image = need === null || initrd === undefined ? null : {of: `${entry.root}${initrd}`, path: ownName(`${entry.root}${initrd}`, digest)};
  const made = image === null ? null : (need?.backend.renderCopy(facts, plan, {...image, release: entry.release}) ?? null);
  if (image !== null && made === null) return noImage(entry, image.of);
  const id = ownName(entry.id, digest);
  const path = `${entry.root}/loader/entries/${id}`;
  const foreign = judgeOwnedFile(facts.files[path], path);
  if (foreign !== null) return foreign;
  const named = initrd === undefined || image === null ? edited.text : nameImage(edited.text, initrd, image.path.slice(entry.root.length));
  const text = `${ownHeader('#', plan.profile)}${withoutAuthor(named).replace(/^(\s*title\s.*?)(\s*)$/m, '$1 (vfio-pilot)$2')}`;
  const artifacts: readonly Artifact[] = [
    {kind: 'file', path, text, encoding: entry.file.encoding, mode: 0o644, installer: 'last', why: [`${entry.file.path} works and stays as it is; this is a copy of it.`, ...reasonsOfPlan(plan)]},
    ...(made === null ? [] : [{...made, isOwn: true, triggers: [path], validations: made.validations.map((one) => (one.kind === 'size' ? {...one, of: image?.of ?? made.path} : one))} as const]),
  ];
  return {path, copy: {of: entry.id, id}, image, rendered: {artifacts, findings: []}};
};

/** The copy was not written by kernel-install, which says so of what it wrote (systemd 253: 90-loaderentry.install). */
const withoutAuthor = (text: string): string => text.replace(/^# File created by .*\n/m, '');

const nameImage = (text: string, from: string, to: string): string =>
  text.split('\n').map((line) => (/^\s*initrd\s/.test(line) ? line.split(/(\s+)/).map((word) => (word === from ? to : word)).join('') : line)).join('\n');

const notEditable = ({file: {path}}: BootEntry, reason: string): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: path,
  message: `${path} can't be copied safely: ${reason}.`,
  remedy: 'Give it one line of options and one initramfs besides the updates of the processor, then run the command again.',
});

const noImage = ({file: {path}}: BootEntry, image: string): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: path,
  message: `How ${image} of ${path} is made can't be told: neither does the name of the kernel hold its version, nor does a preset name this image.`,
  remedy: 'Let kernel-install write the entries, or set binding: libvirt.',
});
