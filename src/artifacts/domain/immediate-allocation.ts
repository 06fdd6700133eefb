import {formatCpuList} from '../../host/kernel-lists.ts';
import type {EditContext} from './edit-context.ts';
import type {XmlElement} from './xml-element.ts';

/**
 * QEMU allocates in threads that the emulator pins bind: when none of these CPUs is on a node of the guest's memory,
 * the start fails with "Setting CPU affinity failed: Invalid argument" (seen with libvirt 9.0 and QEMU 7.2).
 * `allocation` is the present setting that would have to go; it gets a finding.
 */
export const judgeImmediateAllocation = ({plan, facts, report}: EditContext, allocation: XmlElement | null): boolean => {
  const {emulator} = plan.pinning;
  const isBound = plan.memory.nodes.length > 0 && emulator.length > 0;
  const farNodes = plan.memory.nodes.filter((id) => !facts.nodes.some((node) => node.id === id && node.cpus.some((cpu) => emulator.includes(cpu))));
  const isPossible = !isBound || farNodes.length === 0;
  if (!isPossible && allocation !== null) {
    report('warning', 'guest-emulator-off-node', {
      element: allocation,
      message: `The emulator's CPUs ${formatCpuList(emulator)} are not on node ${farNodes.join(', ')}, where the guest's memory is; with immediate allocation the guest would not start, so that setting is taken out.`,
      remedy: 'Give the emulator at least one CPU of each node of the guest\'s memory (cpu.emulator).',
    });
  }
  return isPossible;
};
