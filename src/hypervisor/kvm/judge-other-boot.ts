import type {PlanContext} from '../../plan/context.ts';

/** Debian and its kin start Xen by default once it is installed (xen-hypervisor-common: xen.cfg). */
export const judgeOtherBoot = ({facts, report}: PlanContext): void => {
  const {xenImages} = facts.kernel;
  if (xenImages.length === 0) return;
  report('warning', 'xen-installed', {
    subject: 'boot',
    message: `Xen is installed (/boot/${xenImages.join(', /boot/')}), and this boot is without it. The plan is for this boot: under Xen vfio-pci finds no IOMMU, and no guest starts with the card.`,
    remedy:
      'To stay without Xen, make sure that GRUB starts the entry without it (XEN_OVERRIDE_GRUB_DEFAULT=0 in /etc/default/grub.d/xen.cfg, then update-grub). To use Xen, start it and plan there.',
  });
};
