import type {Rendered} from '../../artifacts/rendered.ts';
import type {GrubFacts, OwnBootFacts} from '../../facts/boot.ts';
import type {FileFacts} from '../../facts/files.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Finding} from '../../findings/finding.ts';
import {readEntryOptions} from '../../formats/boot-entry/loader-entry.ts';
import {holdsArgument} from '../../formats/kernel-line/tokens.ts';
import type {Plan} from '../../plan/plan.ts';
import type {ChainPromise} from '../boot-chain.ts';
import {kernelCommandLinePath} from '../command-line/kernel-cmdline-file.ts';
import {grubDefaultsPath, grubDropInDirectory} from '../grub/choose-grub-target.ts';
import {grubFactsOf} from '../grub/grub-facts.ts';
import {nextGrubArguments} from '../grub/grub-settings.ts';
import {chooseHypervisorTarget, hypervisorLines, linesByHand} from '../grub/hypervisor-entry.ts';
import {renderGrubTarget} from '../grub/render-grub-target.ts';
import {judgeDefaultEntry} from './default-entry.ts';
import {kernelEntries} from './kernel-entries.ts';
import {listWords} from '../../words/list-words.ts';

type Files = Readonly<Record<string, FileFacts>>;

/**
 * Without it Fedora's grub2-mkconfig gives the arguments of /etc/default/grub to each entry and to /etc/kernel/cmdline
 * (rhboot/grub2, fedora-44: util/grub.d/10_linux.in, update_bls_cmdline), and RHEL 8's to `kernelopts` of grubenv. RHEL
 * does so since 9.3 only when it is asked to.
 */
export const mkconfigOptions = ['--no-grubenv-update'] as const;

/**
 * Entries of Xen are in grub.cfg where those of Linux are loader entries too: 20_linux_xen does not ask for
 * GRUB_ENABLE_BLSCFG, and takes its arguments from the same variables as everywhere (rhboot/grub2, fedora-30 to
 * fedora-45, rhel-8 to rhel-10). So the loader entries are left alone, and start Linux without Xen as before.
 */
export const renderXenEntry = (facts: HostFacts, plan: Plan): Rendered => {
  const unreadable = judgeMenu(facts, plan);
  if (unreadable !== null) return {artifacts: [], findings: [unreadable]};
  const target = chooseHypervisorTarget(settingsOf(facts.files), plan);
  const {artifacts, findings} = renderGrubTarget(facts, plan, target, mkconfigOptions);
  return {artifacts, findings: [...findings, ...judgeDefaultEntry(facts.files), ...judgeEntries(facts.files)]};
};

/** grub2-mkconfig of Fedora and RHEL reads no drop-ins, which are a patch of Debian (rhboot/grub2: util/grub-mkconfig.in). */
const settingsOf = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith(grubDropInDirectory)));

export const nextXenArguments = (files: Files, own: OwnBootFacts): readonly string[] | null =>
  nextGrubArguments(settingsOf(files), own);

export const xenLines = (files: Files): readonly string[] => hypervisorLines(settingsOf(files));

/** Before Fedora 34 and RHEL 9 the menu of a UEFI host was on the EFI partition, and /boot/grub2/grub.cfg did nothing. */
const judgeMenu = (facts: HostFacts, plan: Plan): Finding | null => {
  const own: GrubFacts | null = grubFactsOf(facts);
  return own?.menu?.directory === '/boot/grub2'
    ? null
    : {
        code: 'grub-menu-unreadable',
        severity: 'blocker',
        subject: '/boot/grub2/grub.cfg',
        message: 'Xen is started by an entry of /boot/grub2/grub.cfg, and that file is not there or not readable.',
        remedy: `Run the command as root. Where GRUB reads its menu from the EFI partition (RHEL 8), add at the end of ${grubDefaultsPath}: ${linesByHand(plan)}. Then make that menu anew.`,
      };
};

/**
 * kernel-install runs grub2-mkconfig without that option as soon as /etc/default/grub is newer than /etc/kernel/cmdline
 * (20-grub.install of grub2), so what only the entries have is lost then. `root=`, `ro` and the subvolume it finds itself.
 */
const judgeEntries = (files: Files): readonly Finding[] => {
  if (files[kernelCommandLinePath] === undefined) return [];
  const settings = (nextGrubArguments(settingsOf(files)) ?? []).flatMap((line) => line.split(/\s+/));
  const lost = kernelEntries(files)
    .flatMap(({text}) => readEntryOptions(text ?? '').split(/\s+/))
    .filter((word) => word !== '' && !settings.includes(word) && !/^(?:root=|ro$|rootflags=subvol=)|\$/.test(word));
  if (lost.length === 0) return [];
  const words = [...new Set(lost)].join(' ');
  return [
    {
      code: 'boot-entries-differ',
      severity: 'warning',
      subject: '/boot/loader/entries',
      message: `The entries of the kernels without Xen have ${words}, and /etc/default/grub does not. It is edited here, and on Fedora the next kernel update then gives its arguments to all entries.`,
      remedy: `Add ${words} to GRUB_CMDLINE_LINUX in /etc/default/grub before you apply, or run \`touch ${kernelCommandLinePath}\` after it, and after a rollback.`,
    },
  ];
};

/** What grub2-mkconfig was to leave alone, read back. */
export const entriesPromise = (files: Files, {kernelArguments}: Plan): ChainPromise => {
  const entries = kernelEntries(files);
  const changed = entries.filter(({text}) =>
    kernelArguments.add.some((argument) => holdsArgument(readEntryOptions(text ?? ''), argument.text)),
  );
  return {
    status: entries.length === 0 ? 'unknown' : changed.length === 0 ? 'kept' : 'broken',
    promise: 'The entries of the kernels without Xen have none of the arguments for the kernel of dom0.',
    fact:
      entries.length === 0
        ? 'None can be read in /boot/loader/entries.'
        : changed.length === 0
          ? 'They are without them.'
          : `${listWords(changed.map(({path}) => path))} ${changed.length === 1 ? 'has' : 'have'} them.`,
    remedy:
      changed.length === 0
        ? null
        : 'Somebody has added them since, by hand or with grubby. Without Xen they do nothing.',
  };
};
