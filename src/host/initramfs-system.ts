import type {Source} from '../system/source.ts';
import type {BootFacts, InitramfsSystem} from './facts.ts';
import {isInstalled, readDiversions} from './packages.ts';
import type {Note} from './reader.ts';

type InitramfsFacts = Pick<BootFacts, 'initramfs' | 'initramfsEvidence'>;
type Evidence = {readonly system: InitramfsSystem; readonly isInstalled: boolean; readonly sentence: string};

const systems: readonly {readonly system: InitramfsSystem; readonly programs: readonly string[]; readonly settings: readonly string[]}[] = [
  {
    system: 'initramfs-tools',
    programs: ['/usr/sbin/update-initramfs', '/sbin/update-initramfs', '/usr/sbin/mkinitramfs', '/sbin/mkinitramfs'],
    settings: ['/etc/initramfs-tools'],
  },
  {system: 'dracut', programs: ['/usr/bin/dracut', '/usr/sbin/dracut', '/sbin/dracut'], settings: ['/etc/dracut.conf', '/etc/dracut.conf.d']},
  {system: 'mkinitcpio', programs: ['/usr/bin/mkinitcpio', '/usr/sbin/mkinitcpio', '/sbin/mkinitcpio'], settings: ['/etc/mkinitcpio.conf', '/etc/mkinitcpio.d']},
  {system: 'booster', programs: ['/usr/bin/booster', '/usr/lib/booster/regenerate_images'], settings: ['/etc/booster.yaml']},
];

/**
 * The installed program decides: a directory in /etc outlives an upgrade to another system.
 * In a captured tree without programs the directory is all there is.
 */
export const readInitramfsSystem = (source: Source, note: Note): InitramfsFacts => {
  const found = readEvidence(source);
  const evidence = found.length > 0 || source.isLive ? found : distributionEvidence(source);
  const installed = distinct(evidence.filter((item) => item.isInstalled));
  const candidates = installed.length > 0 ? preferConfigured(source, installed) : distinct(evidence);
  const initramfsEvidence = evidence.map((item) => item.sentence);
  if (candidates.length > 1) note(ambiguous(candidates, initramfsEvidence));
  // NixOS makes it from its configuration, with none of them.
  if (candidates.length === 0 && !source.exists('/etc/NIXOS')) note(unknown);
  return {initramfs: candidates.length === 1 ? (candidates[0] ?? null) : null, initramfsEvidence};
};

const readEvidence = (source: Source): readonly Evidence[] => {
  const divertedBy = readDiversions(source).get('/usr/sbin/update-initramfs');
  // Debian's dracut puts its own update-initramfs in the place of the other one.
  const isForeign = (program: string): boolean => program.endsWith('/update-initramfs') && divertedBy === 'dracut';
  return systems.flatMap(({system, programs, settings}): readonly Evidence[] => {
    const program = programs.find((path) => !isForeign(path) && source.exists(path));
    if (program !== undefined) return [{system, isInstalled: true, sentence: `${program} exists: ${system} is installed.`}];
    if (isInstalled(source, system)) return [{system, isInstalled: true, sentence: `The package database lists ${system} as installed.`}];
    const path = settings.find(source.exists);
    return path === undefined ? [] : [{system, isInstalled: false, sentence: `${path} exists, but no program of ${system} was found.`}];
  });
};

/**
 * A captured tree may hold neither programs nor /etc whole; then the distribution is all that speaks. Ubuntu's new
 * installations have dracut from 25.10 on, so nothing is said about those.
 */
const distributionEvidence = (source: Source): readonly Evidence[] => {
  const release = source.text('/etc/os-release') ?? source.text('/usr/lib/os-release') ?? '';
  const field = (name: string): string => new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(release)?.[1] ?? '';
  const isDebian = [field('ID'), ...field('ID_LIKE').split(' ')].includes('debian') || source.exists('/etc/debian_version');
  if (!isDebian || (field('ID') === 'ubuntu' && Number(field('VERSION_ID')) >= 25.1)) return [];
  const name = field('PRETTY_NAME') === '' ? 'Debian' : field('PRETTY_NAME');
  return [{system: 'initramfs-tools', isInstalled: false, sentence: `Nothing else tells, but this is ${name}, which comes with initramfs-tools.`}];
};

/** Two installed systems: kernel-install's configuration, or the presets that a package hook runs, name the one in use. */
const preferConfigured = (source: Source, installed: readonly InitramfsSystem[]): readonly InitramfsSystem[] => {
  if (installed.length === 1) return installed;
  const generator = /^\s*initrd_generator\s*=\s*(\S+)/m.exec(source.text('/etc/kernel/install.conf') ?? '')?.[1];
  const named = installed.filter((system) => system === generator);
  if (named.length === 1) return named;
  if (installed.includes('dracut') && readDiversions(source).get('/usr/sbin/update-initramfs') === 'dracut') return ['dracut'];
  return installed;
};

const distinct = (evidence: readonly Evidence[]): readonly InitramfsSystem[] => [...new Set(evidence.map((item) => item.system))];

const ambiguous = (candidates: readonly InitramfsSystem[], evidence: readonly string[]) =>
  ({
    code: 'initramfs-ambiguous',
    severity: 'warning',
    subject: '/etc',
    message: `Two systems could make the initramfs, ${candidates.join(' or ')}: ${evidence.join(' ')}`,
    remedy: 'Remove the one that is not used, or name it in /etc/kernel/install.conf as initrd_generator=.',
  }) as const;

const unknown = {
  code: 'initramfs-unknown',
  severity: 'note',
  subject: '/etc',
  message: 'Nothing tells which system makes the initramfs: neither initramfs-tools, dracut, mkinitcpio nor booster was found.',
  remedy: 'Capture /etc and the list of installed packages as well, or run this on the machine itself.',
} as const;
