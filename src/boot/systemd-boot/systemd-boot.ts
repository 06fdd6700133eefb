import {earlyBinding} from '../../binding/early-binding.ts';
import {modprobePath} from '../../binding/files.ts';
import {joinRendered, type Rendered} from '../../artifacts/rendered.ts';
import {looksAt} from '../../facts/file-table.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {editEntry, isOwnEntry} from '../../formats/boot-entry/loader-entry.ts';
import type {ImageMaker} from '../../image/image-system.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Source} from '../../system/source.ts';
import {
  addByHand,
  type BootChain,
  type BootReading,
  type Evidence,
  isSet,
  nothingLater,
  plainLoader,
} from '../boot-chain.ts';
import {
  editOfPlan,
  kernelCommandLineFiles,
  kernelCommandLinePath,
  renderFutureCommandLine,
} from '../command-line/kernel-cmdline-file.ts';
import {readLoaderVariable} from '../efi-variables.ts';
import {
  type BootEntry,
  chooseEntries,
  copyEntry,
  imageNeed,
  type ImageNeed,
  systemEntries,
} from '../entries/copy-entry.ts';
import {renderDefaultEntry, startedChoice} from '../entries/default-entry.ts';
import {entryFactsFiles, readEntryFacts} from '../entries/entry-facts.ts';
import {bootPlaces, entryFiles, linuxEntries, optionsOf} from '../entries/linux-entries.ts';
import {lateEntries, renderLateEntries, systemImages} from './late-entries.ts';
import {systemdBootTrial} from './systemd-boot-trial.ts';

/**
 * Entries on the EFI partition, where a power cut can lose what is written over: so the entries that work stay, a copy of
 * each with our arguments and an image of its own is put next to it, and it is the default only when all of that is there.
 */
const render = (facts: HostFacts, plan: Plan, maker: ImageMaker | null): Rendered => {
  const {add, remove, ownedKeys} = editOfPlan(plan);
  const need = imageNeed(facts, plan, maker);
  if (add.length + remove.length + ownedKeys.length === 0 && need === null) return {artifacts: [], findings: []};
  const entries = systemEntries(facts);
  if (entries.length === 0)
    return {artifacts: [], findings: add.length + remove.length === 0 && need === null ? [] : [noEntries]};
  const copied = chooseEntries(entries, startedChoice(facts))
    .filter(({release}) => release === null || earlyBinding(plan).canBind(facts, release))
    .filter((entry) => !isDone(facts, plan, entry, need))
    .map((entry) => copyEntry(facts, plan, entry, need));
  const copies = copied.flatMap((one) => ('rendered' in one ? [one] : []));
  const problems = copied.flatMap((one) => ('rendered' in one ? [] : [one]));
  return joinRendered([
    ...copies.map(({rendered}) => rendered),
    {artifacts: [], findings: problems},
    renderFutureCommandLine(facts, plan, lineOfManaged(entries)),
    maker?.keepCopies(
      facts,
      plan,
      copies.flatMap(({image}) => image ?? []),
    ) ?? {artifacts: [], findings: []},
    renderDefaultEntry(
      facts,
      copies.map(({copy}) => copy),
      copies.map(({path}) => path),
    ),
  ]);
};

/** An entry that kernel-install wrote after our files were there: it has the arguments, and the image that goes with them. */
const isDone = (facts: HostFacts, plan: Plan, entry: BootEntry, need: ImageNeed | null): boolean => {
  const edited = editEntry(entry.file.text ?? '', editOfPlan(plan));
  if (!edited.ok || edited.text !== entry.file.text) return false;
  if (need === null) return true;
  const modprobe = earlyBinding(plan).moduleOptions();
  const files = need.maker.renderFiles(facts, plan).artifacts;
  return (
    (modprobe === '' || facts.files[modprobePath]?.text === modprobe) &&
    files.every((artifact) => artifact.kind === 'file' && facts.files[artifact.path]?.text === artifact.text)
  );
};

/** kernel-install adds the machine id on its own (systemd: 90-loaderentry.install). */
const lineOfManaged = (entries: readonly BootEntry[]): string | null =>
  entries
    .findLast(({isManaged}) => isManaged)
    ?.options.replace(/(?:^|\s+)systemd\.machine_id=\S+/, '')
    .trim() ?? null;

const noEntries: Finding = {
  code: 'command-line-not-editable',
  severity: 'blocker',
  subject: '/boot/loader/entries',
  message:
    'systemd-boot takes kernel arguments from its entries, and none of this system can be read in /boot, /boot/efi or /efi.',
  remedy: 'Run the command as root, with the EFI partition mounted there.',
};

const evidence = ({source, commandLine}: BootReading): readonly Evidence[] => {
  const info = readLoaderVariable(source, 'LoaderInfo');
  return [
    ...(/^systemd-boot\b/i.test(info ?? '') ? [spoken('boot', `The EFI variable LoaderInfo says "${info}".`)] : []),
    ...fileEvidence(source, isSet(commandLine, 'initrd=\\')),
  ];
};

/** `isEfiStart`: the kernel was started as an EFI program, which GRUB does not do. */
const fileEvidence = (source: Source, isEfiStart: boolean): readonly Evidence[] => {
  const program = bootPlaces.map((place) => `${place}/EFI/systemd/systemd-bootx64.efi`).find(source.exists);
  const settings = bootPlaces.map((place) => `${place}/loader/loader.conf`).find(source.exists);
  const entries = bootPlaces
    .map((place) => `${place}/loader/entries`)
    .find((path) => source.list(path).some((name) => name.endsWith('.conf')));
  const own = settings ?? program;
  if (own !== undefined) {
    const also = entries === undefined ? '' : ` and ${entries} holds boot entries`;
    return [spoken('files', `${own} exists${also}: systemd-boot is set up.`)];
  }
  // GRUB with BLS keeps its entries in the same place, so that entries alone say little.
  return entries === undefined
    ? []
    : [
        spoken(
          isEfiStart ? 'files' : 'trace',
          `${entries} holds boot entries, but there is no loader.conf next to them.`,
        ),
      ];
};

const spoken = (strength: Evidence['strength'], sentence: string): Evidence => ({
  loader: 'systemd-boot',
  strength,
  sentence,
});

export const systemdBoot: BootChain = {
  name: 'systemd-boot',
  detection: {...plainLoader, evidence, needsUefi: true, writesFor: ['efi-stub']},
  files: [
    ...entryFiles,
    ...bootPlaces.map((place) => looksAt(`${place}/EFI/systemd`, 'systemd-bootx64.efi', 'presence')),
    ...entryFactsFiles,
    ...kernelCommandLineFiles,
  ],
  readOwn: ({source}) => readEntryFacts(source),
  nextArguments: (files) => optionsOf(linuxEntries(files).filter(({path}) => !isOwnEntry(path))),
  writer: {
    render,
    rendersWholeHost: false,
    maker: null,
    makesImagePerEntry: true,
    hypervisorLines: null,
    keptFiles: ({files}) => (files[kernelCommandLinePath] === undefined ? [] : [kernelCommandLinePath]),
    promises: () => [],
    later: {...nothingLater, images: systemImages, entries: lateEntries, takeBack: renderLateEntries},
    trial: systemdBootTrial,
    provenBy: [{image: 'debian-12-systemd-boot', initramfs: 'initramfs-tools'}],
  },
  lineEdit: () => null,
  byHand: addByHand,
};
