import type {Cpu, CpuKind, HostFacts} from '../host/facts.ts';

/** A physical core as the host schedules it: its online hardware threads. */
export type Core = {
  readonly threads: readonly number[];
  readonly node: number | null;
  readonly kind: CpuKind;
  /** Lowest CPU of the level-3 domain; the core's own first thread where no cache is told. */
  readonly l3: number;
  readonly l3KiB: number;
  readonly hasCpu0: boolean;
};

export const coresOf = (facts: HostFacts): readonly Core[] => {
  const seen = new Set<string>();
  const cores: Core[] = [];
  for (const cpu of facts.cpu.cpus) {
    if (!cpu.online) continue;
    const threads = cpu.siblings.length === 0 ? [cpu.id] : cpu.siblings;
    const key = threads.join();
    if (seen.has(key)) continue;
    seen.add(key);
    cores.push(coreOf(cpu, threads));
  }
  return cores;
};

const coreOf = (cpu: Cpu, threads: readonly number[]): Core => ({
  threads,
  node: cpu.node,
  kind: cpu.kind,
  l3: cpu.l3?.[0] ?? -1 - cpu.id,
  l3KiB: cpu.l3KiB ?? 0,
  hasCpu0: threads.includes(0),
});

export const firstThread = (core: Core): number => core.threads[0] ?? 0;
