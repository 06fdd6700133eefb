import type {HostFacts} from '../../facts/host-facts.ts';
import {about, type Check} from '../../findings/check.ts';
import type {PlanContext} from '../../plan/context.ts';

/** Debian and its kin start Xen by default once it is installed (xen-hypervisor-common: xen.cfg). */
const remedy =
  'To stay without Xen, make sure that GRUB starts the entry without it (XEN_OVERRIDE_GRUB_DEFAULT=0 in /etc/default/grub.d/xen.cfg, then update-grub). To use Xen, start it and plan there.';

const describeImages = (images: readonly string[]): string =>
  `Xen is installed (/boot/${images.join(', /boot/')}), and this boot is without it.`;

export const judgeOtherBoot = ({facts, report}: PlanContext): void => {
  const {xenImages} = facts.kernel;
  if (xenImages.length === 0) return;
  report('warning', 'xen-installed', {
    subject: 'boot',
    message: `${describeImages(xenImages)} The plan is for this boot: under Xen vfio-pci finds no IOMMU, and no guest starts with the card.`,
    remedy,
  });
};

/** Nothing is said of a host without Xen. */
export const checkOtherBoot = ({kernel: {xenImages}}: HostFacts): readonly Check[] =>
  xenImages.length === 0
    ? []
    : [
        about('xen-installed', 'Another boot').warning(
          `${describeImages(xenImages)} What is checked here is true of this boot only.`,
          remedy,
        ),
      ];
