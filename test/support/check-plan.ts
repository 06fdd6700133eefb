import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {Finding} from '../../src/findings/finding.ts';
import type {Plan} from '../../src/plan/plan.ts';

/** What every plan without user pins keeps to, whatever the machine; the broken promises in words. */
export const brokenPromises = (
  facts: HostFacts,
  plan: Plan,
  findings: readonly Finding[],
  vcpus: number,
): readonly string[] => {
  const broken: string[] = [];
  const demand = (isKept: boolean, words: string): void => void (isKept || broken.push(words));
  const cpuOf = new Map(facts.cpu.cpus.map((cpu) => [cpu.id, cpu]));
  const {pinning, memory} = plan;
  const pins = pinning.vcpus.flatMap((one) => one.cpus);
  const isBlocked = (prefix: string): boolean =>
    findings.some((finding) => finding.severity === 'blocker' && finding.code.startsWith(prefix));
  const coreOf = (id: number): string =>
    cpuOf.get(id)?.siblings.length === 0 ? `${id}` : (cpuOf.get(id)?.siblings.join() ?? 'none');
  const used = new Set(pins.map(coreOf));

  demand(
    pins.length === 0 ? isBlocked('cpu-too-few-cores') : pins.length === vcpus,
    `${pins.length} pins for ${vcpus} vCPUs`,
  );
  demand(new Set(pins).size === pins.length, 'two vCPUs on one thread');
  demand(
    pins.every((pin) => cpuOf.get(pin)?.online === true),
    'a pin on a CPU that is not online',
  );
  const {sockets, dies, cores, threads} = pinning.topology;
  if (pins.length > 0) {
    demand(sockets * dies * cores * threads === vcpus, 'the topology does not count the vCPUs');
    demand(used.size === vcpus / threads, 'cores are split, or shared between vCPU groups');
    for (let first = 0; first < vcpus; first += threads)
      demand(new Set(pins.slice(first, first + threads).map(coreOf)).size === 1, 'a vCPU pair splits a core');
    demand(
      facts.cpu.cpus.some((cpu) => cpu.online && !used.has(coreOf(cpu.id))),
      'nothing is left for the host',
    );
    demand(new Set(pins.map((pin) => cpuOf.get(pin)?.kind)).size === 1, 'kinds of core are mixed');
  }
  const {emulator} = pinning;
  const iothreads = pinning.iothreads.flatMap((one) => one.cpus);
  const isOnVcpuCore = (cpu: number): boolean => used.has(coreOf(cpu));
  const cpusOn = (node: number | null): readonly number[] =>
    facts.cpu.cpus.filter((cpu) => cpu.online && cpu.node === node).map((cpu) => cpu.id);
  const lastVcpuOf = (node: number | null): number => pins.findLast((pin) => cpuOf.get(pin)?.node === node) ?? -1;
  const fullNodes = [...new Set(pins.map((pin) => cpuOf.get(pin)?.node ?? null))].filter((node) =>
    cpusOn(node).every(isOnVcpuCore),
  );
  demand(
    [...emulator, ...iothreads].every((cpu) => cpuOf.get(cpu)?.online === true),
    'a helper offline',
  );
  demand(!iothreads.some(isOnVcpuCore), 'an I/O thread on a vCPU core');
  demand(
    emulator.filter(isOnVcpuCore).sort().join() === fullNodes.map(lastVcpuOf).sort().join(),
    'the emulator shares other CPUs than that of the last vCPU of each full node',
  );
  demand(
    pins.length === 0 || (iothreads.length > 0 && emulator.some((cpu) => !isOnVcpuCore(cpu))),
    'no free CPU for a helper',
  );
  demand(
    pins.length === 0 ||
      memory.nodes.every((node) => cpusOn(node).length === 0 || cpusOn(node).some((cpu) => emulator.includes(cpu))),
    'the emulator has no CPU on a node of the memory',
  );
  const nodeOf = new Map(facts.nodes.map((node) => [node.id, node]));
  const hasMemory = (id: number): boolean => nodeOf.get(id)?.memoryKiB !== 0;
  const canHaveBoth = facts.nodes.some((node) => node.cpus.length > 0 && node.memoryKiB !== 0);
  const pinNodes = new Set(pins.map((pin) => cpuOf.get(pin)?.node ?? null));
  demand(
    !canHaveBoth || [...pinNodes].every((node) => node !== null && hasMemory(node)),
    'a vCPU on a node without memory, or on none',
  );
  demand(
    !facts.nodes.some((node) => node.memoryKiB !== 0) || memory.nodes.every(hasMemory),
    'memory on a memory-less node',
  );
  if (memory.hugepages !== null) {
    const {perNode, sizeKiB} = memory.hugepages;
    demand(
      Object.values(perNode).reduce((sum, count) => sum + count, 0) * sizeKiB === memory.sizeKiB,
      'pages × size is not the memory',
    );
    demand(
      Object.values(perNode).every((count) => Number.isInteger(count)),
      'parts of pages',
    );
    for (const [node, count] of Object.entries(perNode)) {
      const total = nodeOf.get(Number(node))?.memoryKiB ?? null;
      demand(
        total === null ||
          isBlocked('memory-') ||
          count * sizeKiB + memory.hostReserveKiB <= total ||
          total - count * sizeKiB >= Math.max(1048576, total / 10 - 1024),
        'the host reserve is not kept',
      );
    }
  }
  if (memory.cells !== null) {
    demand(
      memory.cells.length > 1 && memory.cells.every((cell, index) => cell.cell === index),
      'cells are not numbered',
    );
    demand(
      memory.cells.reduce((sum, cell) => sum + cell.memoryKiB, 0) === memory.sizeKiB,
      'the cells do not add up to the memory',
    );
    demand(
      memory.cells.flatMap((cell) => cell.vcpus).join() === pins.map((_, vcpu) => vcpu).join(),
      'the cells do not hold all vCPUs in order',
    );
    demand(
      memory.cells.every((cell) => cell.vcpus.every((vcpu) => cpuOf.get(pins[vcpu] ?? -1)?.node === cell.hostNode)),
      'a vCPU is not on the node of its cell',
    );
    demand(
      new Set(memory.cells.map((cell) => cell.vcpus.length)).size === 1,
      'cells of unequal vCPUs under one topology',
    );
    demand(
      memory.cells.length % (sockets * dies) === 0 && sockets * dies === memory.cells.length,
      'sockets and dies are not the cells',
    );
  } else demand(memory.nodes.length <= 1 && pinNodes.size <= 1, 'several nodes without cells');
  return broken;
};
