import {earlyBinding} from '../../binding/early-binding.ts';
import type {GeneratedArtifact} from '../../artifacts/artifact.ts';
import {joinRendered, type Rendered} from '../../artifacts/rendered.ts';
import {keeps} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {contentDigest} from '../../formats/content-digest.ts';
import {entryId, isOwnEntry, ownName} from '../../formats/boot-entry/loader-entry.ts';
import {editCommandLine} from '../../formats/kernel-line/edit.ts';
import type {ImageMaker} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import {addByHand, type BootChain, type Evidence, nothingLater, plainLoader} from '../boot-chain.ts';
import {
  editOfPlan,
  kernelCommandLineFiles,
  kernelCommandLinePath,
  readKernelCommandLine,
} from '../command-line/kernel-cmdline-file.ts';
import {readLoaderVariable} from '../efi-variables.ts';
import {imageNeed} from '../entries/copy-entry.ts';
import {renderDefaultEntry} from '../entries/default-entry.ts';
import {entryFactsFiles, entryFactsOf, readEntryFacts} from '../entries/entry-facts.ts';
import {entryFiles} from '../entries/linux-entries.ts';
import {judgeUnifiedImages, type UnifiedSource} from './judge-unified-images.ts';
import {readUnifiedImages, unifiedImageFiles} from './unified-images.ts';
import {piecesOf, readUnifiedLine, renderUnifiedLine} from './unified-line.ts';

/**
 * A unified image of a kernel in /boot and of its initramfs, which is made anew before it (systemd: ukify(1), `build` since
 * 254). For systems that make no unified image on their own.
 */
const renderUkify = (
  initramfs: GeneratedArtifact,
  release: string,
  path: string,
  commandLine: string,
): GeneratedArtifact => ({
  kind: 'generated',
  path,
  argv: [
    program,
    'build',
    `--linux=/boot/vmlinuz-${release}`,
    `--initrd=${initramfs.path}`,
    `--cmdline=${commandLine}`,
    '--os-release=@/etc/os-release',
    `--uname=${release}`,
    '--output={output}',
  ],
  validations: [{kind: 'size', minimumRatio: 0.5}],
  triggers: initramfs.triggers,
  timeoutSeconds: 300,
  why: initramfs.why,
});

const program = '/usr/bin/ukify';

const isUkify = ({argv}: GeneratedArtifact): boolean => argv[0] === program;

/** One for each kernel, fallbacks left out. */
const unifiedSources = (facts: HostFacts, maker: ImageMaker | null): readonly UnifiedSource[] =>
  maker?.unifiedImages?.(facts).map((path) => ({path, release: null})) ?? namedSources(facts);

/** kernel-install: `TOKEN-RELEASE.efi`; dracut alone: `linux-RELEASE-MACHINEID.efi`. */
const namedSources = (facts: HostFacts): readonly UnifiedSource[] =>
  (entryFactsOf(facts)?.unifiedImages ?? [])
    .filter(({path}) => !isOwnEntry(path) && !/fallback|rescue/.test(path))
    .flatMap(({path}) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const release =
        /^linux-(\d+\.\d.*)-[0-9a-f]{32}\.efi$/.exec(name)?.[1] ??
        /^[^/]+?-(\d+\.\d[^/]*?)(?:\+\d+(?:-\d+)?)?\.efi$/.exec(name)?.[1];
      return release === undefined ? [] : [{path, release}];
    });

/**
 * Unified kernel images: kernel, initramfs and arguments in one program for the firmware. The one that works stays; one
 * with our arguments is made next to it, under a name that the boot loader sorts directly before it.
 */
const render = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): Rendered => {
  const edit = editOfPlan(plan);
  const need = imageNeed(facts, plan, maker);
  if (edit.add.length + edit.remove.length + edit.ownedKeys.length === 0 && need === null)
    return {artifacts: [], findings: []};
  const line = renderUnifiedLine(facts, plan, maker);
  if (line.findings.length > 0) return line;
  const commandLine = readUnifiedLine(facts, line);
  const sources = unifiedSources(facts, maker).filter(
    ({release}) => release === null || earlyBinding(plan).canBind(facts, release),
  );
  const problems = judgeUnifiedImages(facts, sources, edit.add);
  if (problems.length > 0) return {artifacts: [], findings: need === null && isRunning(facts, plan) ? [] : problems};
  const copies = sources.map((source) => ({
    ...source,
    own: ownName(withoutTries(source.path), contentDigest([commandLine, ...(need?.texts ?? [])])),
  }));
  const presets = maker?.keepCopies(
    facts,
    plan,
    copies.map(({path, own}) => ({of: path, path: own})),
  ) ?? {artifacts: [], findings: []};
  const triggers = [...line.artifacts, ...presets.artifacts].flatMap((artifact) =>
    'path' in artifact ? [artifact.path] : [],
  );
  const made = copies.map((copy) => renderCopy(facts, plan, maker, copy, commandLine, triggers));
  const chosen = renderDefaultEntry(
    facts,
    copies.map(({path, own}) => ({of: entryId(path), id: entryId(own)})),
    [...triggers, ...copies.map(({own}) => own)],
  );
  return joinRendered([line, presets, ...made, chosen]);
};

/** Somebody has made the image by hand and started it: then nothing is left to write. */
const isRunning = ({boot}: HostFacts, plan: Plan): boolean => {
  const edited = editCommandLine(boot.commandLine ?? '', editOfPlan(plan));
  return edited.ok && edited.text === boot.commandLine;
};

const withoutTries = (path: string): string => `${path.slice(0, path.lastIndexOf('/'))}/${entryId(path)}`;

type OwnCopy = UnifiedSource & {readonly own: string};

const renderCopy = (
  facts: HostFacts,
  plan: Plan,
  maker: ImageMaker | null,
  {path, release, own}: OwnCopy,
  commandLine: string,
  triggers: readonly string[],
): Rendered => {
  const initramfs = maker
    ?.renderImages(facts, plan)
    .find((image) => image.kind === 'generated' && image.argv.at(-1) === release);
  const copy =
    maker?.renderCopy(facts, plan, {of: path, release, path: own, commandLine}) ??
    (initramfs?.kind === 'generated' ? renderUkify(initramfs, release ?? '', own, commandLine) : null);
  if (maker === null || copy === null) return {artifacts: [], findings: [notMade(path)]};
  const artifact: GeneratedArtifact = {
    ...copy,
    onRollback: 'remove',
    triggers: [...new Set([...triggers, ...maker.triggers])],
    validations: [
      ...copy.validations.map((one) => (one.kind === 'size' ? {...one, of: path} : one)),
      {kind: 'contains', texts: editOfPlan(plan).add},
    ],
    why: [`${path} works and is not changed; this is one with our arguments next to it.`, ...copy.why],
  };
  return {artifacts: [...(isUkify(copy) && initramfs !== undefined ? [initramfs] : []), artifact], findings: []};
};

const notMade = (path: string): Finding => ({
  code: 'initramfs-unsupported',
  severity: 'blocker',
  subject: path,
  message: `It is unknown how ${path} is made. Images are known from mkinitcpio's presets, or by the version of an installed kernel in their name.`,
  remedy: 'Make it with one of these, or set binding: libvirt and add the arguments by hand.',
});

/** The system's own images, which its programs make anew from the same files. */
const systemImages = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): readonly string[] =>
  imageNeed(facts, plan, maker) === null && editOfPlan(plan).add.length === 0
    ? []
    : unifiedSources(facts, maker).map(({path}) => path);

/** systemd: systemd-stub(7). Such an image is an entry of systemd-boot too: where it is unknown what was started, both are possible. */
const evidence: BootChain['detection']['evidence'] = ({source}) => {
  const stub = readLoaderVariable(source, 'StubInfo');
  const [first] = readUnifiedImages(source);
  const found: Evidence[] = [];
  if (stub !== null)
    found.push({
      loader: 'uki',
      strength: 'boot',
      sentence: `The EFI variable StubInfo says "${stub}": a unified kernel image was started.`,
    });
  if (first !== undefined)
    found.push({
      loader: 'uki',
      strength: 'files',
      sentence: `${first.path} exists: a unified kernel image is set up.`,
    });
  return found;
};

export const uki: BootChain = {
  name: 'uki',
  // The arguments are inside the image, whoever started it.
  detection: {...plainLoader, evidence, needsUefi: true, started: 'decides'},
  files: [
    ...unifiedImageFiles,
    ...entryFiles,
    ...entryFactsFiles,
    ...kernelCommandLineFiles,
    keeps('/etc/kernel', 'uki.conf'),
    keeps('/usr/lib/kernel', 'uki.conf'),
    keeps('/etc/cmdline.d', '*.conf'),
  ],
  readOwn: ({source}) => readEntryFacts(source),
  nextArguments: (files) => {
    const lines = [readKernelCommandLine(files[kernelCommandLinePath]), ...piecesOf({files}).map(({text}) => text)];
    const known = lines.filter((line) => line !== null);
    return known.length === 0 ? null : known;
  },
  writer: {
    render,
    rendersWholeHost: false,
    maker: null,
    makesImagePerEntry: true,
    hypervisorLines: null,
    keptFiles: ({files}) => (files[kernelCommandLinePath] === undefined ? [] : [kernelCommandLinePath]),
    promises: () => [],
    later: {...nothingLater, images: systemImages},
    trial: null,
    provenBy: [{image: 'debian-13-uki', initramfs: 'initramfs-tools'}],
  },
  lineEdit: () => null,
  byHand: addByHand,
};
