import {refusesUnsigned} from '../facts/module-trust.ts';
import type {PlanContext} from '../plan/context.ts';

/** Xen without /sys/hypervisor: it owns the IOMMU and gives devices out, so the remedy is a list in Xen's spelling for the person to write. */
const judgeUnserved = (context: PlanContext): void => {
  const hide = context.named.map(({address}) => `(${address})`).join('');
  context.report('blocker', 'xen-unserved', {
    subject: 'host',
    message:
      'This system runs under Xen (/proc/xen/capabilities is there), but /sys/hypervisor does not say so, and without it nothing can be planned.',
    remedy: `Start a kernel with CONFIG_XEN_SYS_HYPERVISOR. By hand: add xen-pciback.hide=${hide} to the arguments of the dom0 kernel, each address whole and in parentheses, to those that are there already; restart, and look with \`xl pci-assignable-list\`.`,
  });
};

/**
 * What is true of the host as a whole, whichever device is chosen. `isServed`: whether a hypervisor of the table runs here;
 * `isScripted`: a script writes there, and not this program.
 */
export const judgeHost = (
  context: PlanContext,
  {isServed, isScripted}: {readonly isServed: boolean; readonly isScripted: boolean},
): void => {
  if (!isServed) judgeUnserved(context);
  judgeArchitecture(context);
  judgeVirtualisation(context);
  judgeSecureBoot(context);
  judgeBootChain(context, isScripted);
};

/** Domains, arguments and firmware are those of x86-64; libvirt would refuse them elsewhere. */
const judgeArchitecture = (context: PlanContext): void => {
  const {architecture} = context.facts.cpu;
  if (architecture === null || architecture === 'x86_64') return;
  context.report('blocker', 'architecture-unserved', {
    subject: 'host',
    message: `This architecture is not served: ${architecture}. vfio-pilot writes guests for x86_64 only.`,
    remedy: 'Bind the card and define the guest by hand; libvirt.org/formatdomain.html describes <hostdev>.',
  });
};

const judgeVirtualisation = (context: PlanContext): void => {
  const {cpu} = context.facts;
  if (cpu.virtualisation !== null || cpu.flags === null || !['x86_64', 'i686', null].includes(cpu.architecture)) return;
  context.report('blocker', 'cpu-virtualisation-missing', {
    subject: 'cpu',
    message:
      'The CPU shows neither vmx nor svm: hardware virtualisation is off in the firmware, or this is a guest without nesting.',
    remedy: "Turn on 'Intel VT-x' / 'Virtualization Technology' or 'SVM Mode' in the firmware set-up.",
  });
};

const judgeBootChain = (context: PlanContext, isScripted: boolean): void => {
  const {boot} = context.facts;
  if (boot.support.isProven || !boot.support.isWritten) return;
  context.report('warning', 'boot-chain-unproven', {
    subject: 'boot',
    message: `What is written for ${boot.loader} with ${boot.initramfs ?? 'its own initramfs'} is tested on trees of files, but no machine was started with it yet.`,
    remedy: isScripted
      ? 'Have a way in that does not need this device, ssh or another entry of the boot menu; there, the script takes everything back with undo.'
      : 'Keep a rescue medium at hand for the first boot; `rollback` works from it with --root.',
  });
};

const judgeSecureBoot = (context: PlanContext): void => {
  const {secureBoot, lockdown} = context.facts.boot;
  if (secureBoot !== true || !refusesUnsigned(context.facts)) return;
  context.report('note', 'secure-boot', {
    subject: 'boot',
    message: `Secure Boot is on${lockdown === null || lockdown === 'none' ? '' : ` and the kernel is locked down (${lockdown})`}: vfio works, but unsigned modules (vendor-reset, kvmfr) and writing PCI config space do not.`,
    remedy:
      'Nothing to do unless you need such a module: then `vfio-pilot check` says which one is refused, and how to enrol its key.',
  });
};
