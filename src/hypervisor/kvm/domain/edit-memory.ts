import {formatCpuList} from '../../../facts/kernel-lists.ts';
import {kibPerGiB} from '../../../facts/memory.ts';
import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import {memoryBackingOrder, parseSizeKiB} from './domain-values.ts';
import {type DomainEdit, type EditContext, joinEdits, nothing} from './edit-context.ts';
import {sharedMemory} from './edit-shares.ts';

/**
 * QEMU allocates in threads that the emulator pins bind: when none of these CPUs is on a node of the guest's memory,
 * the start fails with "Setting CPU affinity failed: Invalid argument" (seen with libvirt 9.0 and QEMU 7.2).
 * `allocation` is the present setting that would have to go; it gets a finding.
 */
const judgeImmediateAllocation = ({plan, facts, report}: EditContext, allocation: XmlElement | null): boolean => {
  const {emulator} = plan.pinning;
  const isBound = plan.memory.nodes.length > 0 && emulator.length > 0;
  const farNodes = plan.memory.nodes.filter(
    (id) => !facts.nodes.some((node) => node.id === id && node.cpus.some((cpu) => emulator.includes(cpu))),
  );
  const isPossible = !isBound || farNodes.length === 0;
  if (!isPossible && allocation !== null) {
    report('warning', 'guest-emulator-off-node', {
      element: allocation,
      message: `The emulator's CPUs ${formatCpuList(emulator)} are not on node ${farNodes.join(', ')}, where the guest's memory is; with immediate allocation the guest would not start, so that setting is taken out.`,
      remedy: "Give the emulator at least one CPU of each node of the guest's memory (cpu.emulator).",
    });
  }
  return isPossible;
};

/** `<memory>`, and `<currentMemory>` where it is there; without it libvirt takes all of the memory. */
export const editMemorySize = ({plan, root, report}: EditContext): DomainEdit => {
  const {sizeKiB} = plan.memory;
  const maximum = childNamed(root, 'maxMemory');
  const maximumKiB = maximum === null ? null : sizeOf(maximum);
  if (maximum !== null && (maximumKiB === null || maximumKiB < sizeKiB)) {
    report('blocker', 'guest-xml-unusable', {
      element: maximum,
      message: `<maxMemory> is less than the ${sizeKiB} KiB that the guest is to have, and libvirt refuses that.`,
      remedy: 'Raise <maxMemory> with `virsh edit`, or take memory hotplug out of the guest.',
    });
  }
  judgeHardLimit({root, report}, sizeKiB);
  const current = childNamed(root, 'currentMemory');
  return {
    children: [
      sizeWish('memory', childNamed(root, 'memory'), sizeKiB),
      ...(current === null ? [] : [sizeWish('currentMemory', current, sizeKiB)]),
    ],
    drops: [],
  };
};

/** libvirt lets a guest with an assigned device lock its memory and 1 GiB; a limit of the user's own takes that place. */
const judgeHardLimit = ({root, report}: Pick<EditContext, 'root' | 'report'>, sizeKiB: number): void => {
  const limit = childNamed(childNamed(root, 'memtune'), 'hard_limit');
  const limitKiB = limit === null ? null : sizeOf(limit);
  if (limitKiB === null || limitKiB >= sizeKiB + kibPerGiB) return;
  report('warning', 'guest-memory-limit', {
    element: limit,
    message: `<hard_limit> lets QEMU lock ${Math.floor(limitKiB / 1024)} MiB. The card needs all ${sizeKiB / 1024} MiB of the guest locked, and QEMU some more: the guest may not start.`,
    remedy: `Take <hard_limit> out with \`virsh edit\`, so that libvirt allows what is needed, or raise it to ${sizeKiB / 1024 + 1024} MiB or more.`,
  });
};

const sizeWish = (name: string, existing: XmlElement | null, sizeKiB: number): Wish =>
  existing !== null && sizeOf(existing) === sizeKiB
    ? {name, existing}
    : {name, existing, attributes: {unit: 'KiB'}, text: String(sizeKiB)};

const sizeOf = (element: XmlElement): number | null => parseSizeKiB(element.text, attributeOf(element, 'unit'));

export const editMemoryBacking = (context: EditContext): DomainEdit => {
  const existing = childNamed(context.root, 'memoryBacking');
  const {children, drops} = joinEdits([
    context.plan.memory.hugepages === null
      ? withoutHugepages(context, existing)
      : withHugepages(context, existing, context.plan.memory.hugepages.sizeKiB),
    sharedMemory(context, existing),
  ]);
  if (existing !== null && drops.length > 0 && children.length === 0 && existing.children.length === drops.length)
    return {children: [], drops: [existing]};
  if (children.length === 0 && drops.length === 0) return nothing;
  return {children: [{name: 'memoryBacking', existing, children, drops, order: memoryBackingOrder}], drops: []};
};

const withoutHugepages = (context: EditContext, existing: XmlElement | null): DomainEdit => {
  const hugepages = childrenNamed(existing, 'hugepages');
  for (const element of hugepages) {
    context.report('note', 'guest-setting-replaced', {
      element,
      message:
        'The guest asks for hugepages and the plan reserves none, so <hugepages> is taken out: with it the guest could not start.',
      remedy: 'Set memory.hugepages if the guest should keep them.',
    });
  }
  const allocation = childNamed(existing, 'allocation');
  const isLost = attributeOf(allocation, 'mode') === 'immediate' && !judgeImmediateAllocation(context, allocation);
  return {children: [], drops: [...hugepages, ...(isLost && allocation !== null ? [allocation] : [])]};
};

const withHugepages = (context: EditContext, existing: XmlElement | null, sizeKiB: number): DomainEdit => {
  const allocation = chooseAllocation(context, existing);
  const anonymous = childrenNamed(existing, 'source').filter((source) => attributeOf(source, 'type') === 'anonymous');
  for (const element of anonymous) {
    context.report('warning', 'guest-setting-replaced', {
      element,
      message: "libvirt refuses hugepages together with <source type='anonymous'/>, so that line is taken out.",
      remedy: 'Use memfd as the source if the guest shares its memory.',
    });
  }
  return {
    children: [hugepagesWish(existing, sizeKiB), ...allocation.children],
    drops: [...anonymous, ...allocation.drops],
  };
};

/** Without `nodeset`, the page size holds for all guest nodes, and for a guest without any. */
const hugepagesWish = (existing: XmlElement | null, sizeKiB: number): Wish => {
  const hugepages = childNamed(existing, 'hugepages');
  const pages = childrenNamed(hugepages, 'page');
  const [page] = pages;
  const isRight =
    pages.length === 1 &&
    page !== undefined &&
    attributeOf(page, 'nodeset') === null &&
    parseSizeKiB(attributeOf(page, 'size') ?? '', attributeOf(page, 'unit')) === sizeKiB;
  if (isRight) return {name: 'hugepages', existing: hugepages};
  return {
    name: 'hugepages',
    existing: hugepages,
    children: [{name: 'page', existing: null, attributes: {size: String(sizeKiB), unit: 'KiB'}}],
    drops: pages,
  };
};

const chooseAllocation = (context: EditContext, existing: XmlElement | null): DomainEdit => {
  const allocation = childNamed(existing, 'allocation');
  const mode = attributeOf(allocation, 'mode');
  const isPossible = judgeImmediateAllocation(context, mode === 'immediate' ? allocation : null);
  if (allocation !== null && mode === 'ondemand') {
    context.report('warning', 'guest-setting-replaced', {
      element: allocation,
      message: 'libvirt refuses hugepages together with allocation on demand, so that setting is replaced.',
      remedy: 'Set memory.hugepages: none to keep allocation on demand.',
    });
  }
  if (isPossible)
    return {children: [{name: 'allocation', existing: allocation, attributes: {mode: 'immediate'}}], drops: []};
  return allocation !== null && mode !== null ? {children: [], drops: [allocation]} : nothing;
};
