import type {HostFacts} from '../../host/facts.ts';
import type {Finding} from '../../findings.ts';
import type {Plan} from '../../plan/plan.ts';
import type {GeneratedArtifact} from '../artifact.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import {editOfPlan} from '../command-line/edit-of-plan.ts';
import {canBind} from '../initramfs/module-files.ts';
import {initramfsBackend} from '../initramfs/systems.ts';
import {joinRendered} from '../render-owned.ts';
import type {Rendered} from '../rendered.ts';
import {contentDigest, entryId, ownName} from './entry-names.ts';
import {imageNeed} from './image-need.ts';
import {judgeUnifiedImages} from './judge-unified-images.ts';
import {renderDefaultEntry} from './render-default-entry.ts';
import {renderPresets} from './render-presets.ts';
import {readUnifiedLine, renderUnifiedLine} from './unified-command-line.ts';
import {isUkify, renderUkify} from './ukify.ts';
import {unifiedSources} from './unified-sources.ts';
import type {UnifiedSource} from './unified-sources.ts';

/**
 * Unified kernel images: kernel, initramfs and arguments in one program for the firmware. The one that works stays; one
 * with our arguments is made beside it, under a name that the boot loader sorts directly before it.
 */
export const renderUki = (facts: HostFacts, plan: Plan): Rendered => {
  const edit = editOfPlan(plan);
  const need = imageNeed(facts, plan);
  if (edit.add.length + edit.remove.length + edit.ownedKeys.length === 0 && need === null) return {artifacts: [], findings: []};
  const line = renderUnifiedLine(facts, plan);
  if (line.findings.length > 0) return line;
  const commandLine = readUnifiedLine(facts, line);
  const sources = unifiedSources(facts, plan.initramfs).filter(({release}) => release === null || canBind(facts, release));
  const problems = judgeUnifiedImages(facts, sources, edit.add);
  if (problems.length > 0) return {artifacts: [], findings: need === null && isRunning(facts, plan) ? [] : problems};
  const copies = sources.map((source) => ({...source, own: ownName(withoutTries(source.path), contentDigest([commandLine, ...(need?.texts ?? [])]))}));
  const presets = renderPresets(facts, plan, copies.map(({path, own}) => ({of: path, path: own})));
  const triggers = [...line.artifacts, ...presets.artifacts].flatMap((artifact) => ('path' in artifact ? [artifact.path] : []));
  const made = copies.map((copy) => renderCopy(facts, plan, copy, commandLine, triggers));
  const chosen = renderDefaultEntry(facts, copies.map(({path, own}) => ({of: entryId(path), id: entryId(own)})), [...triggers, ...copies.map(({own}) => own)]);
  return joinRendered([line, presets, ...made, chosen]);
};

/** Somebody has made the image by hand and started it: then nothing is left to write. */
const isRunning = ({boot}: HostFacts, plan: Plan): boolean => {
  const edited = editCommandLine(boot.commandLine ?? '', editOfPlan(plan));
  return edited.ok && edited.text === boot.commandLine;
};

const withoutTries = (path: string): string => `${path.slice(0, path.lastIndexOf('/'))}/${entryId(path)}`;

type OwnCopy = UnifiedSource & {readonly own: string};

const renderCopy = (facts: HostFacts, plan: Plan, {path, release, own}: OwnCopy, commandLine: string, triggers: readonly string[]): Rendered => {
  const backend = initramfsBackend(facts, plan.initramfs);
  const initramfs = backend?.renderImages(facts, plan).find((image) => image.kind === 'generated' && image.argv.at(-1) === release);
  const copy = backend?.renderCopy(facts, plan, {of: path, release, path: own, commandLine}) ?? (initramfs?.kind === 'generated' ? renderUkify(initramfs, release ?? '', own, commandLine) : null);
  if (backend === null || copy === null) return {artifacts: [], findings: [notMade(path)]};
  const artifact: GeneratedArtifact = {
    ...copy,
    isOwn: true,
    triggers: [...new Set([...triggers, ...backend.triggers])],
    validations: [...copy.validations.map((one) => (one.kind === 'size' ? {...one, of: path} : one)), {kind: 'contains', texts: editOfPlan(plan).add}],
    why: [`${path} works and stays as it is; this is one with our arguments beside it.`, ...copy.why],
  };
  return {artifacts: [...(isUkify(copy) && initramfs !== undefined ? [initramfs] : []), artifact], findings: []};
};

const notMade = (path: string): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: path,
  message: `How ${path} is made can't be told: only images of mkinitcpio's presets, and those that have the version of an installed kernel in their name, are.`,
  remedy: 'Make it with one of these, or set binding: libvirt and add the arguments by hand.',
});
