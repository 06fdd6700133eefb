import {type BootChain, type BootReading, type Evidence, strengths} from '../../boot/boot-chain.ts';
import type {BootFacts, BootLoader} from '../../facts/boot.ts';
import type {Note} from '../reader.ts';

type LoaderFacts = Pick<BootFacts, 'loader' | 'loaderEvidence' | 'loaderCandidates'>;
type Loaders = ReadonlySet<BootLoader>;

/** Who starts this machine and so keeps its kernel arguments: by evidence, never by which program is installed. */
export const readBootLoader = (reading: BootReading, note: Note, chains: readonly BootChain[]): LoaderFacts => {
  const evidence = readEvidence(reading, chains);
  const modes = chains.filter(({detection: {modeOf}}) => modeOf?.holds(reading) === true);
  const inMode = (loader: BootLoader): BootLoader =>
    modes.find(({detection: {modeOf}}) => modeOf?.loader === loader)?.name ?? loader;
  const loaderCandidates = [...new Set(chooseLoaders(evidence, reading, chains).map(inMode))];
  const sentences = modes
    .filter(({name}) => loaderCandidates.includes(name))
    .map(({detection: {modeOf}}) => modeOf?.sentence ?? '');
  const loaderEvidence = [...new Set([...evidence.map((item) => item.sentence), ...sentences])];
  const loader = loaderCandidates.length === 1 ? (loaderCandidates[0] ?? null) : null;
  if (loaderCandidates.length > 1) note(ambiguous(loaderCandidates, loaderEvidence));
  if (loaderCandidates.length === 0) note(unknown);
  return {loader, loaderEvidence, loaderCandidates};
};

/** Strongest first. */
const readEvidence = (reading: BootReading, chains: readonly BootChain[]): readonly Evidence[] => {
  const isPossible = ({loader}: Evidence): boolean =>
    reading.firmware !== 'bios' || chains.find(({name}) => name === loader)?.detection.needsUefi !== true;
  const found = chains.flatMap(({detection}) => detection.evidence(reading)).filter(isPossible);
  return strengths.flatMap((strength) => found.filter((item) => item.strength === strength));
};

/** The strongest kind of evidence decides; weaker kinds only break the tie or say who manages the winner. */
const chooseLoaders = (
  evidence: readonly Evidence[],
  reading: BootReading,
  chains: readonly BootChain[],
): readonly BootLoader[] => {
  const of = (strength: Evidence['strength']): Loaders =>
    new Set(evidence.filter((item) => item.strength === strength).map((item) => item.loader));
  const [system, booted, files] = [of('system'), of('boot'), of('files')];
  if (system.size > 0) return [...system];
  if (booted.size > 0) return refineBooted(booted, files, of('package'), chains);
  if (files.size > 0) return refineFiles(files, reading, chains);
  const installed = of('package');
  return installed.size > 0 ? [...installed] : [...of('trace')];
};

const refineBooted = (
  booted: Loaders,
  files: Loaders,
  installed: Loaders,
  chains: readonly BootChain[],
): readonly BootLoader[] => {
  const decisive = chains.find(({name, detection}) => booted.has(name) && detection.started === 'decides');
  if (decisive !== undefined) return [decisive.name];
  const [loader, ...more] = booted;
  if (loader === undefined || more.length > 0) return [...booted];
  const keepers = keepersOf(loader, files, chains);
  if (keepers.some((keeper) => keeper !== loader)) return keepers;
  const against = (weight: BootChain['detection']['whenOtherStarted']): readonly BootLoader[] =>
    chains
      .filter(({name, detection}) => name !== loader && files.has(name) && detection.whenOtherStarted === weight)
      .map(({name}) => name);
  const isSure = chains.find(({name}) => name === loader)?.detection.started !== 'unless-alone';
  if (isSure) return [loader];
  if (against('contradiction').length > 0) return [loader, ...against('contradiction')];
  return files.has(loader) || installed.has(loader) ? [loader] : [loader, ...against('doubt')];
};

/** Who writes what this loader starts, and whoever writes for that one in turn. */
const keepersOf = (loader: BootLoader, files: Loaders, chains: readonly BootChain[]): readonly BootLoader[] => {
  const writers = chains.filter(({name, detection}) => files.has(name) && detection.writesFor.includes(loader));
  return writers.length === 0 ? [loader] : [...new Set(writers.flatMap(({name}) => keepersOf(name, files, chains)))];
};

const refineFiles = (files: Loaders, reading: BootReading, chains: readonly BootChain[]): readonly BootLoader[] => {
  const present = chains.filter(({name}) => files.has(name));
  for (const {detection} of present) {
    const settled = detection.settle(files, reading);
    if (settled !== null) return settled;
  }
  return present
    .filter(({name}) => keepersOf(name, files, chains).includes(name))
    .filter(({detection}) => !detection.needsLoader || detection.writesFor.some((loader) => files.has(loader)))
    .map(({name}) => name);
};

const ambiguous = (candidates: readonly BootLoader[], evidence: readonly string[]) =>
  ({
    code: 'boot-loader-ambiguous',
    severity: 'blocker',
    subject: '/boot',
    message: `Two boot loaders could start this machine, ${candidates.join(' or ')}: ${evidence.join(' ')}`,
    remedy:
      'Remove the configuration of the one that is not used, or run this on the started machine, where the firmware says which one it was.',
  }) as const;

const unknown = {
  code: 'boot-loader-unknown',
  severity: 'note',
  subject: '/boot',
  message:
    'It is unknown which boot loader starts this machine: no EFI variable, no kernel command line and no configuration of a loader that is known here.',
  remedy: 'Run this on the machine itself as root, or capture /proc/cmdline, /etc/default and /boot as well.',
} as const;
