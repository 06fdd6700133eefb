import type {FileFacts} from '../../facts/files.ts';
import type {Finding} from '../../findings/finding.ts';
import {grubDefaultsPath} from '../grub/choose-grub-target.ts';
import {plainValues} from '../grub/hypervisor-entry.ts';

const environmentPath = '/boot/grub2/grubenv';

/**
 * An entry of Xen has "Xen" in its title and in its id (20_linux_xen); a loader entry is named by machine and kernel. The
 * loader entries come first in the menu, and kernel-install makes that of a new kernel the saved one (20-grub.install
 * with UPDATEDEFAULT=yes, which is Fedora's default).
 */
export const judgeDefaultEntry = (files: Readonly<Record<string, FileFacts>>): readonly Finding[] => {
  const wanted = plainValues(files[grubDefaultsPath]?.text ?? '', 'GRUB_DEFAULT').at(-1) ?? '0';
  const isSaved = wanted === 'saved';
  const saved = /^saved_entry=(.+)$/m.exec(files[environmentPath]?.text ?? '')?.[1] ?? null;
  const entry = isSaved ? saved : wanted;
  if (entry !== null && /xen/i.test(entry)) return [];
  const path = isSaved ? environmentPath : grubDefaultsPath;
  return [
    {
      code: 'xen-entry-not-default',
      severity: 'warning',
      subject: path,
      message: `${entry === null ? `${path} names no entry` : `${path} names the entry "${entry}"`}, so the one that GRUB starts by default may be the one without Xen. There, the card stays with the host.`,
      remedy:
        'Choose an entry "with Xen" at the next boot, or make it the default: `grub2-set-default TITLE`, with a title that `grep "with Xen" /boot/grub2/grub.cfg` shows. A kernel update may change it again.',
    },
  ];
};
