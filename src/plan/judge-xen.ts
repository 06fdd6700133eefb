import type {PlanContext} from './context.ts';

/** Not served: there the hypervisor owns the IOMMU and gives devices out. What is to be done by hand is said, spelled as Xen wants it. */
export const judgeXen = (context: PlanContext): void => {
  if (context.facts.kernel.hypervisor !== 'xen') return;
  const hide = context.profile.devices.map(({address}) => `(${address})`).join('');
  context.report('blocker', 'xen-unserved', {
    subject: 'host',
    message: 'This system runs under Xen, and this program serves KVM only. Xen also refuses a device that shares a reserved memory region (RMRR) with another one, and hides the table that would tell; `xl dmesg` says so when a guest starts.',
    remedy: `By hand: add xen-pciback.hide=${hide} to the arguments of the dom0 kernel, each address whole and in parentheses, to what stands there already; restart, and look with \`xl pci-assignable-list\`.`,
  });
};
