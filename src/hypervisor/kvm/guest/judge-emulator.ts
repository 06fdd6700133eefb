import type {PlanContext} from '../../../plan/context.ts';
import type {MemoryPlan, PinningPlan} from '../../../plan/plan.ts';

/**
 * libvirt (9.0, with QEMU 7.2) lets QEMU allocate hugepages at the start, from threads that the emulator's cpuset binds:
 * when that has no CPU of the memory's node, "Setting CPU affinity failed: Invalid argument" ends the start.
 */
export const judgeEmulator = (context: PlanContext, pinning: PinningPlan, memory: MemoryPlan): void => {
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
