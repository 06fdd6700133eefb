import type {BootFacts, InitramfsSystem} from '../../facts/boot.ts';
import type {ImageSystem} from '../../image/image-system.ts';
import type {Source} from '../../system/source.ts';
import {isInstalled, readDiversions} from '../kernel/packages.ts';
import type {Note} from '../reader.ts';

type InitramfsFacts = Pick<BootFacts, 'initramfs' | 'initramfsEvidence'>;
type Evidence = {readonly system: InitramfsSystem; readonly isInstalled: boolean; readonly sentence: string};

/**
 * The installed program decides: a directory in /etc outlives an upgrade to another system.
 * In a captured tree without programs the directory is all there is.
 */
export const readInitramfsSystem = (
  source: Source,
  note: Note,
  systems: readonly ImageSystem[],
  isNeeded: boolean,
): InitramfsFacts => {
  const found = readEvidence(source, systems);
  const evidence = found.length > 0 || source.isLive ? found : guessSystem(source, systems);
  const installed = distinct(evidence.filter((item) => item.isInstalled));
  const candidates = installed.length > 0 ? preferConfigured(source, installed, systems) : distinct(evidence);
  const initramfsEvidence = evidence.map((item) => item.sentence);
  if (candidates.length > 1) note(ambiguous(candidates, initramfsEvidence));
  if (candidates.length === 0 && isNeeded) note(unknown(systems));
  return {initramfs: candidates.length === 1 ? (candidates[0] ?? null) : null, initramfsEvidence};
};

const readEvidence = (source: Source, systems: readonly ImageSystem[]): readonly Evidence[] => {
  const diversions = readDiversions(source);
  return systems.flatMap(({name, programs, settings}): readonly Evidence[] => {
    const program = programs.find((path) => !isDiverted(diversions, path, systems) && source.exists(path));
    if (program !== undefined)
      return [{system: name, isInstalled: true, sentence: `${program} exists: ${name} is installed.`}];
    if (isInstalled(source, name))
      return [{system: name, isInstalled: true, sentence: `The package database lists ${name} as installed.`}];
    const path = settings.find(source.exists);
    return path === undefined
      ? []
      : [{system: name, isInstalled: false, sentence: `${path} exists, but no program of ${name} was found.`}];
  });
};

/** One system may have put its own program in the place of another's: Debian's dracut does so with update-initramfs. */
const isDiverted = (
  diversions: ReadonlyMap<string, string>,
  path: string,
  systems: readonly ImageSystem[],
): boolean => {
  const by = diversions.get(path.replace(/^\/sbin\//, '/usr/sbin/'));
  return systems.some(({name, programs}) => name === by && !programs.includes(path));
};

/** A captured tree may hold neither programs nor /etc whole; then the distribution is all that speaks. */
const guessSystem = (source: Source, systems: readonly ImageSystem[]): readonly Evidence[] =>
  systems.flatMap(({name, guess}) => {
    const sentence = guess(source);
    return sentence === null ? [] : [{system: name, isInstalled: false, sentence}];
  });

/** Two installed systems: kernel-install's configuration, or the one that has taken the other's program, is in use. */
const preferConfigured = (
  source: Source,
  installed: readonly InitramfsSystem[],
  systems: readonly ImageSystem[],
): readonly InitramfsSystem[] => {
  if (installed.length === 1) return installed;
  const generator = /^\s*initrd_generator\s*=\s*(\S+)/m.exec(source.text('/etc/kernel/install.conf') ?? '')?.[1];
  const named = installed.filter((system) => system === generator);
  if (named.length === 1) return named;
  const diversions = readDiversions(source);
  const takers = installed.filter((system) =>
    systems.some(({name, programs}) => name !== system && programs.some((path) => diversions.get(path) === system)),
  );
  return takers.length === 1 ? takers : installed;
};

const distinct = (evidence: readonly Evidence[]): readonly InitramfsSystem[] => [
  ...new Set(evidence.map((item) => item.system)),
];

const ambiguous = (candidates: readonly InitramfsSystem[], evidence: readonly string[]) =>
  ({
    code: 'initramfs-ambiguous',
    severity: 'warning',
    subject: '/etc',
    message: `Two systems could make the initramfs, ${candidates.join(' or ')}: ${evidence.join(' ')}`,
    remedy: 'Remove the one that is not used, or name it in /etc/kernel/install.conf as initrd_generator=.',
  }) as const;

const unknown = (systems: readonly ImageSystem[]) =>
  ({
    code: 'initramfs-unknown',
    severity: 'note',
    subject: '/etc',
    message: `It is unknown which system makes the initramfs: none of ${systems.map(({name}) => name).join(', ')} was found.`,
    remedy: 'Capture /etc and the list of installed packages as well, or run this on the machine itself.',
  }) as const;
