import {ownHeader, type Rendered, renderOwned} from '../../artifacts/rendered.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {editCommandLine} from '../../formats/kernel-line/edit.ts';
import type {ImageMaker} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import {editOfPlan, kernelCommandLinePath, renderFutureCommandLine} from '../command-line/kernel-cmdline-file.ts';

const directory = '/etc/cmdline.d/';
const dropInPath = `${directory}zz-vfio-pilot.conf`;

const makesUnified = (maker: ImageMaker | null): boolean => (maker?.unifiedImages ?? null) !== null;

/** The file that the arguments in the image are taken from: /etc/kernel/cmdline, or the pieces in /etc/cmdline.d of mkinitcpio. */
export const renderUnifiedLine = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): Rendered => {
  const pieces = piecesOf(facts);
  if (facts.files[kernelCommandLinePath] !== undefined || pieces.length === 0 || !makesUnified(maker))
    return renderFutureCommandLine(facts, plan, runningLine(facts));
  const edit = editOfPlan(plan);
  const stale = pieces.find(({text}) => {
    const edited = editCommandLine(text, {...edit, add: []});
    return !edited.ok || edited.text !== text;
  });
  if (stale !== undefined) return {artifacts: [], findings: [stalePiece(stale.path)]};
  const text = edit.add.length === 0 ? '' : `${ownHeader('#', plan.profile)}${edit.add.join(' ')}\n`;
  return renderOwned(
    facts,
    dropInPath,
    text,
    0o644,
    'mkinitcpio joins the files in this directory into the arguments of its unified images.',
  );
};

/** What the image is made with once these files are written. */
export const readUnifiedLine = (facts: HostFacts, {artifacts}: Rendered): string => {
  const written = artifacts.flatMap((artifact) => (artifact.kind === 'file' ? [artifact] : []));
  const texts = written.some(({path}) => path === dropInPath)
    ? [...piecesOf(facts), ...written].map(({text}) => text)
    : [written[0]?.text ?? facts.files[kernelCommandLinePath]?.text ?? runningLine(facts)];
  return texts
    .join('\n')
    .replaceAll(/^\s*#.*$/gm, '')
    .trim()
    .replaceAll(/\s+/g, ' ');
};

export const piecesOf = ({
  files,
}: {
  readonly files: Readonly<Record<string, FileFacts>>;
}): readonly {readonly path: string; readonly text: string}[] =>
  Object.values(files)
    .filter(({path}) => path.startsWith(directory) && path !== dropInPath)
    .map(({path, text}) => ({path, text: (text ?? '').replaceAll(/^\s*#.*$/gm, '')}));

const runningLine = ({boot}: HostFacts): string =>
  (boot.commandLine ?? '')
    .split(/\s+/)
    .filter((word) => !/^(?:initrd|BOOT_IMAGE)=/.test(word))
    .join(' ');

const stalePiece = (path: string): Finding => ({
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: path,
  message: `${path} has arguments that this plan sets in another way, and of which the kernel would see both.`,
  remedy: 'Take them out of that file, then run the command again.',
});
