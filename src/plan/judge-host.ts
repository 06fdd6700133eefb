import {isProvenByBoot, servedInitramfs, servedLoader} from '../served-systems.ts';
import type {PlanContext} from './context.ts';
import {judgeXen} from './judge-xen.ts';
import type {MemoryPlan, PinningPlan} from './plan.ts';

/** What is true of the host as a whole, whichever device is chosen. */
export const judgeHost = (context: PlanContext, pinning: PinningPlan, memory: MemoryPlan): void => {
  judgeXen(context);
  judgeVirtualisation(context);
  judgeSecureBoot(context);
  judgeBootChain(context);
  judgeEmulator(context, pinning, memory);
};

const judgeVirtualisation = (context: PlanContext): void => {
  const {cpu} = context.facts;
  if (cpu.virtualisation !== null || cpu.flags === null || !['x86_64', 'i686', null].includes(cpu.architecture)) return;
  context.report('blocker', 'cpu-virtualisation-missing', {
    subject: 'cpu',
    message: 'The CPU shows neither vmx nor svm: hardware virtualisation is off in the firmware, or this is a guest without nesting.',
    remedy: "Turn on 'Intel VT-x' / 'Virtualization Technology' or 'SVM Mode' in the firmware set-up.",
  });
};

const judgeBootChain = (context: PlanContext): void => {
  const {boot} = context.facts;
  if (isProvenByBoot(boot) || servedLoader(boot) === null || servedInitramfs(boot, boot.initramfs) === null) return;
  context.report('warning', 'boot-chain-unproven', {
    subject: 'boot',
    message: `What is written for ${boot.loader} with ${boot.initramfs ?? 'its own initramfs'} is tested on trees of files, but no machine was started with it yet.`,
    remedy: 'Keep a rescue medium at hand for the first boot; `rollback` works from it with --root.',
  });
};

const judgeSecureBoot = (context: PlanContext): void => {
  const {secureBoot, lockdown} = context.facts.boot;
  if (secureBoot !== true) return;
  context.report('note', 'secure-boot', {
    subject: 'boot',
    message: `Secure Boot is on${lockdown === null || lockdown === 'none' ? '' : ` and the kernel is locked down (${lockdown})`}: vfio works, but unsigned modules (vendor-reset, kvmfr) and writing PCI config space do not.`,
    remedy: 'Nothing to do unless you need such a module: then enrol your own key with mokutil.',
  });
};

/**
 * libvirt (9.0, with QEMU 7.2) lets QEMU allocate hugepages at the start, from threads that the emulator's cpuset binds:
 * when that has no CPU of the memory's node, "Setting CPU affinity failed: Invalid argument" ends the start.
 */
const judgeEmulator = (context: PlanContext, pinning: PinningPlan, memory: MemoryPlan): void => {
  if (memory.hugepages === null || pinning.emulator.length === 0) return;
  const nodeOf = (cpu: number): number | null => context.facts.cpu.cpus.find((one) => one.id === cpu)?.node ?? null;
  const nodes = new Set(pinning.emulator.map(nodeOf));
  const hasCpus = (id: number): boolean => context.facts.nodes.some((node) => node.id === id && node.cpus.length > 0);
  const missing = memory.nodes.filter((node) => !nodes.has(node) && hasCpus(node));
  if (missing.length === 0 || nodes.has(null)) return;
  context.report('blocker', 'guest-emulator-off-node', {
    subject: 'cpu.emulator',
    message: `QEMU's own threads are on CPUs ${pinning.emulator.join(', ')}, none of them on node ${missing.join(', ')} where the memory is: the guest's hugepages could not be allocated there, and it would not start.`,
    remedy: `Give cpu.emulator a CPU of node ${missing.join(', ')}.`,
  });
};
