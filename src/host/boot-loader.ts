import type {Source} from '../system/source.ts';
import {readBootEvidence} from './boot-evidence.ts';
import type {BootEvidence} from './boot-evidence.ts';
import type {BootFacts, BootLoader} from './facts.ts';
import type {Note} from './reader.ts';

type LoaderFacts = Pick<BootFacts, 'loader' | 'loaderEvidence' | 'loaderCandidates'>;
type Boot = Pick<BootFacts, 'firmware' | 'commandLine'>;

/** Who starts this machine and so keeps its kernel arguments: by evidence, never by which program is installed. */
export const readBootLoader = (source: Source, note: Note, boot: Boot): LoaderFacts => {
  const evidence = readBootEvidence(source, boot);
  const loaders = chooseLoaders(evidence, boot).map((loader) => (loader === 'grub' && isBls(source) ? 'grub-bls' : loader));
  const loaderCandidates = [...new Set(loaders)];
  const loaderEvidence = [...new Set(evidence.map((item) => item.sentence))];
  if (loaderCandidates.includes('grub-bls')) loaderEvidence.push(blsSentence);
  const loader = loaderCandidates.length === 1 ? (loaderCandidates[0] ?? null) : null;
  if (loaderCandidates.length > 1) note(ambiguous(loaderCandidates, loaderEvidence));
  if (loaderCandidates.length === 0) note(unknown);
  return {loader, loaderEvidence, loaderCandidates};
};

/** The strongest kind of evidence decides; weaker kinds only break the tie or say who manages the winner. */
const chooseLoaders = (evidence: readonly BootEvidence[], {firmware, commandLine}: Boot): readonly BootLoader[] => {
  const of = (strength: BootEvidence['strength']): ReadonlySet<BootLoader> =>
    new Set(evidence.filter((item) => item.strength === strength).map((item) => item.loader));
  const system = of('system');
  if (system.size > 0) return [...system];
  const boot = of('boot');
  const files = of('files');
  if (boot.size > 0) return refineBooted(boot, files, of('package'));
  if (files.has('proxmox-boot-tool') && files.has('grub')) {
    // Both lie on each such host; GRUB starts it under BIOS, and it would have left BOOT_IMAGE= on the command line.
    if (firmware === 'bios') return ['grub'];
    if (commandLine !== null) return ['proxmox-boot-tool'];
  }
  if (files.size > 0) return refineFiles(files);
  const installed = of('package');
  return installed.size > 1 && installed.has('grub') ? ['grub'] : [...installed];
};

const refineBooted = (boot: ReadonlySet<BootLoader>, files: ReadonlySet<BootLoader>, installed: ReadonlySet<BootLoader>): readonly BootLoader[] => {
  // The arguments of a unified image are inside it, whoever started it.
  if (boot.has('uki')) return ['uki'];
  if (boot.size > 1) return [...boot];
  // GRUB2-BLS of openSUSE; GRUB although systemd-boot is configured there is a contradiction.
  if (boot.has('grub') && files.has('sdbootutil')) return files.has('grub-bls') ? ['sdbootutil'] : ['grub', 'sdbootutil'];
  if (boot.has('limine') && files.has('limine-entry-tool')) return ['limine-entry-tool'];
  if (boot.has('systemd-boot')) return [managers.find((manager) => files.has(manager)) ?? 'systemd-boot'];
  // Other loaders can add BOOT_IMAGE= as well: without one GRUB file it does not outweigh a loader that is set up.
  const rivals = [...files].filter((loader) => loader !== 'grub' && loader !== 'grub-bls' && loader !== 'limine-entry-tool' && !managers.includes(loader));
  const hasGrub = files.has('grub') || files.has('grub-bls') || installed.has('grub');
  if (boot.has('grub') && !hasGrub && rivals.length > 0) return ['grub', ...rivals];
  return files.has('grub-bls') ? ['grub-bls'] : [...boot];
};

/** They write the entries of systemd-boot (sdbootutil: of GRUB too), so the two are one answer. */
const managers: readonly BootLoader[] = ['proxmox-boot-tool', 'kernelstub', 'sdbootutil'];

const refineFiles = (files: ReadonlySet<BootLoader>): readonly BootLoader[] => {
  const isLimineManaged = files.has('limine') && files.has('limine-entry-tool');
  const isManaged = managers.some((manager) => files.has(manager));
  const hides = (loader: BootLoader): boolean =>
    ((loader === 'systemd-boot' || loader === 'uki') && isManaged) || (loader === 'grub' && files.has('grub-bls')) || (loader === 'grub-bls' && files.has('sdbootutil')) || loader === (isLimineManaged ? 'limine' : 'limine-entry-tool');
  return [...files].filter((loader) => !hides(loader));
};

const isBls = (source: Source): boolean => {
  const files = ['/etc/default/grub', ...source.list('/etc/default/grub.d').filter((name) => name.endsWith('.cfg')).map((name) => `/etc/default/grub.d/${name}`)];
  const values = files.flatMap((file) => [...(source.text(file) ?? '').matchAll(/^\s*(?:export\s+)?GRUB_ENABLE_BLSCFG=["']?(\w+)/gm)]);
  return values.at(-1)?.[1] === 'true' && source.exists('/boot/loader/entries');
};

const blsSentence = 'GRUB_ENABLE_BLSCFG is true and /boot/loader/entries exists: GRUB takes kernel arguments from the entries there, not from /etc/default/grub.';

const ambiguous = (candidates: readonly BootLoader[], evidence: readonly string[]) =>
  ({
    code: 'boot-loader-ambiguous',
    severity: 'blocker',
    subject: '/boot',
    message: `Two boot loaders could start this machine, ${candidates.join(' or ')}: ${evidence.join(' ')}`,
    remedy: 'Remove the configuration of the one that is not used, or run this on the started machine, where the firmware tells which one it was.',
  }) as const;

const unknown = {
  code: 'boot-loader-unknown',
  severity: 'note',
  subject: '/boot',
  message: 'Nothing tells which boot loader starts this machine: no EFI variable, no kernel command line and no configuration of a loader that is known here.',
  remedy: 'Run this on the machine itself as root, or capture /proc/cmdline, /etc/default and /boot as well.',
} as const;
