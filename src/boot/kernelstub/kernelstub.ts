import type {CommandArtifact} from '../../artifacts/artifact.ts';
import {judgeReadable, type Rendered} from '../../artifacts/rendered.ts';
import {keeps} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {readEntryOptions} from '../../formats/boot-entry/loader-entry.ts';
import {type CommandLineEdit, editCommandLine, type EditedCommandLine} from '../../formats/kernel-line/edit.ts';
import {chooseTokenEdit} from '../../formats/kernel-line/tokens.ts';
import type {ImageMaker} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import {addByHand, type BootChain, nothingLater, plainLoader} from '../boot-chain.ts';
import {argumentsEffect, editOfPlan, refuseArguments, writeArguments} from '../command-line/kernel-cmdline-file.ts';
import {entryFiles} from '../entries/linux-entries.ts';
import {listWords} from '../../words/list-words.ts';

/**
 * kernelstub saves its configuration at each run, in the form that Python gives it. Only a file that has this form already
 * is the same after its next run, and after the rollback.
 */
export const editKernelstub = (text: string, edit: CommandLineEdit): EditedCommandLine => {
  const configuration = parse(text);
  if (configuration === null) return {ok: false, reason: 'it is no JSON that kernelstub reads'};
  if (dump(configuration) !== text) return {ok: false, reason: 'kernelstub would write it in another form'};
  const {user} = configuration;
  if (!isRecord(user) || user['config_rev'] !== 4 || user['live_mode'] !== false)
    return {ok: false, reason: 'it is of another version, or of a live medium'};
  const options = user['kernel_options'];
  if (!isList(options)) return {ok: false, reason: 'its kernel_options are no list of words'};
  const edited = editCommandLine(options.join(' '), edit);
  return edited.ok
    ? {ok: true, text: dump({...configuration, user: {...user, kernel_options: editOptions(options, edit)}})}
    : edited;
};

const editOptions = (options: readonly string[], edit: CommandLineEdit): readonly string[] => {
  const end = options.indexOf('--');
  const [ours, rest] = end < 0 ? [options, []] : [options.slice(0, end), options.slice(end)];
  const tokens = ours.map((text) => ({text, start: 0, end: 0}));
  const {missing, isStale} = chooseTokenEdit(tokens, edit);
  return [...tokens.filter((token) => !isStale(token)).map((token) => token.text), ...missing, ...rest];
};

const parse = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
};

/** `json.dump(…, indent=2)`: no line break at the end, and nothing but ASCII. */
const dump = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const kernelstubPath = '/etc/kernelstub/configuration';

/**
 * Pop!_OS: kernelstub writes the entries of the newest kernel and of the one before from its configuration, and copies both
 * with their images to the EFI partition, at each update of a kernel or an image. Not through its options: `-d` gives the
 * arguments back in another order (kernelstub: application.py).
 */
const render = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): Rendered => {
  const edit = editOfPlan(plan);
  const images = maker?.triggers ?? [];
  if (edit.add.length + edit.remove.length + edit.ownedKeys.length + images.length === 0)
    return {artifacts: [], findings: []};
  const file = facts.files[kernelstubPath];
  const unreadable = judgeReadable(file);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const edited = editKernelstub(file?.text ?? '', edit);
  if (!edited.ok)
    return refuseArguments(
      kernelstubPath,
      edited.reason,
      'Run sudo kernelstub, which writes the file in its own form, then run the command again.',
    );
  const entries = entriesOf(facts);
  const lines = entries.map((entry) => readEntryOptions(entry.text ?? ''));
  const effect = argumentsEffect(
    {kind: 'entries', paths: entries.map(({path}) => path)},
    lines,
    file?.text ?? '',
    edit,
  );
  const command: CommandArtifact = {
    kind: 'command',
    argv,
    undo: argv,
    triggers: [kernelstubPath, ...images],
    timeoutSeconds: 300,
    effect,
    why: ['It writes the boot entries and copies kernels and images to the EFI partition.'],
  };
  const written = writeArguments(
    {path: kernelstubPath, text: file?.text ?? null, encoding: 'utf8'},
    edited.text,
    plan,
  ).artifacts;
  return {artifacts: [...written, command], findings: written.length === 0 ? [] : [overwrites(entries)]};
};

const argv: CommandArtifact['argv'] = ['/usr/bin/kernelstub'];

const entriesOf = ({files}: HostFacts): readonly FileFacts[] =>
  Object.values(files).filter((file) => /\/loader\/entries\/[^/]+-(?:current|oldkern)\.conf$/.test(file.path));

const overwrites = (entries: readonly FileFacts[]): Finding => ({
  code: 'boot-entry-overwritten',
  severity: 'warning',
  subject: kernelstubPath,
  message: `kernelstub writes over ${listWords(entries.map(({path}) => path)) || 'its boot entries'} on the EFI partition, and over the images there, as it does at each update: there is no entry from before to go back to.`,
  remedy: 'Do not cut the power while it runs, and keep the recovery partition or a medium at hand for the first boot.',
});

const nextArguments: BootChain['nextArguments'] = (files) => {
  const user = parse(files[kernelstubPath]?.text ?? '')?.['user'];
  const options = isRecord(user) ? user['kernel_options'] : null;
  return isList(options) ? [options.join(' ')] : null;
};

export const kernelstub: BootChain = {
  name: 'kernelstub',
  detection: {
    ...plainLoader,
    evidence: ({source}) =>
      source.exists(kernelstubPath)
        ? [
            {
              loader: 'kernelstub',
              strength: 'files',
              sentence: `${kernelstubPath} exists: kernelstub writes the entries of systemd-boot.`,
            },
          ]
        : [],
    needsUefi: true,
    writesFor: ['systemd-boot', 'uki', 'efi-stub'],
    whenOtherStarted: 'nothing',
  },
  files: [keeps('/etc/kernelstub', 'configuration'), ...entryFiles],
  readOwn: () => null,
  nextArguments,
  writer: {
    render,
    rendersWholeHost: false,
    maker: null,
    makesImagePerEntry: false,
    hypervisorLines: null,
    keptFiles: () => [kernelstubPath],
    promises: () => [],
    later: nothingLater,
    trial: null,
    provenBy: [],
  },
  lineEdit: () => ({by: 'command', add: 'kernelstub -a ', remove: 'kernelstub -d '}),
  byHand: addByHand,
};
