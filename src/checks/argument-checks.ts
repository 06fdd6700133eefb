import type {HostFacts} from '../facts/host-facts.ts';
import {about, type Check} from '../findings/check.ts';

/** What guides tell people to write and what no kernel knows, or what does something else than they say. */
const mistakes: readonly (readonly [RegExp, string])[] = [
  // vfio_pci_fill_ids (drivers/vfio/pci/vfio_pci.c): hexadecimal numbers, two to six with colons between them.
  [
    /^vfio[-_]pci\.ids=(?!(?:[0-9a-f]+(?::[0-9a-f]+){1,5}(?:,|$))*$)/i,
    'has a part that is no VENDOR:DEVICE, which vfio-pci leaves out',
  ],
  [/^vfio[-_]pci[-_]ids=/, 'is no argument; with a dot, vfio-pci.ids=, it is'],
  [/^amd_iommu=on$/, 'does not exist; AMD-Vi is on by default'],
  [/^amd_iommu=(?:.*,)?pt(?:,|$)/, 'means nothing; pass-through mode is iommu=pt'],
  [
    /^amd_iommu=(?!on$)(?!(?:.*,)?pt(?:,|$))(?!(?:fullflush|off|force_isolation|force_enable|pgtbl_v[12]|irtcachedis|nohugepages|v2_pgsizes_only)(?:,|$))/,
    'does not exist; AMD-Vi is on by default',
  ],
  [/^iommu=(?:on|1|true|yes)$/, 'means nothing on x86; the IOMMU is on unless another argument turns it off'],
  [/^intel_iommu=(?:.*,)?pt(?:,|$)/, 'means nothing; pass-through mode is iommu=pt'],
  [/^(?:vfio|vfio[-_]pci|vfio[-_]iommu[-_]type1|vfio[-_]virqfd|mdev|kvm)$/, 'loads no module; such words go to init'],
  [/^nomodeset$/, 'takes the drivers of all graphics cards away, the host’s as well'],
  [/^pcie_acs_override=/, 'is no part of the kernel; with the patch it only pretends that devices are isolated'],
];

/** From "Unknown kernel command line parameters" only what has to do with passthrough: `splash` is meant for init. */
const isOurBusiness = (token: string): boolean => /vfio|iommu|hugepage|kvm|isolcpus|nohz|rcu_nocbs|pci/.test(token);

export const checkArguments = ({boot, kernel, iommu}: HostFacts): Check => {
  const {ok, info, warning} = about('kernel-arguments', 'Kernel arguments');
  if (boot.commandLine === null) return info('The command line of the kernel is not known here (/proc/cmdline).');
  const tokens = boot.commandLine.trim().split(/\s+/);
  const known = tokens.flatMap((token) =>
    mistakes.filter(([pattern]) => pattern.test(token)).map(([, what]) => `${token} ${what}`),
  );
  const told =
    kernel.log?.unknownArguments
      .filter((token) => isOurBusiness(token) && !known.some((words) => words.startsWith(`${token} `)))
      .map((token) => `${token} is unknown to this kernel`) ?? [];
  const needless =
    iommu.interruptRemapping === true
      ? tokens
          .filter((token) => /^vfio[-_]iommu[-_]type1\.allow_unsafe_interrupts=(?:1|y)$/i.test(token))
          .map((token) => `${token} is not needed, as this machine remaps interrupts`)
      : [];
  const wrong = [...known, ...needless, ...told];
  if (wrong.length === 0)
    return ok(
      kernel.log === null
        ? 'None that is known to be a mistake; the kernel’s log could not be asked.'
        : 'None that is known to be a mistake, and the kernel’s log names none of them.',
    );
  return warning(
    `${wrong.join('; ')}.`,
    'Take them out where the boot loader is configured; what passthrough needs, `vfio-pilot plan` shows.',
  );
};
