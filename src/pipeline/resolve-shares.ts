import {coresOf} from '../facts/cores.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {CoreShare, MemoryShare} from '../profile/profile.ts';

/** A size on this host, or why there is none; `smallest` keeps the rest of a plan showable. */
export type Size =
  | {readonly ok: true; readonly value: number; readonly choice: string; readonly because: string}
  | {readonly ok: false; readonly smallest: number; readonly message: string; readonly remedy: string};

const whereOf = (node: number | null): string => (node === null ? 'this host' : `node ${node}`);

/** vCPUs: all threads of the cores that are left; of a hybrid processor the performance cores are counted. */
export const vcpusOf = (facts: HostFacts, node: number | null, {coresLeft}: CoreShare): Size => {
  const cores = coresOf(facts).filter((core) => node === null || core.node === node);
  const fast = cores.filter(({kind}) => kind === 'performance');
  const usable = fast.length > 0 ? fast : cores;
  const words = `all but ${coresLeft} of the ${usable.length} ${fast.length > 0 ? 'performance ' : ''}cores of ${whereOf(node)}`;
  const count = usable.length - coresLeft;
  const threads = Math.max(1, Math.min(...usable.map((core) => core.threads.length)));
  if (count < 1)
    return {
      ok: false,
      smallest: usable.length === 0 ? 1 : threads,
      message: `No core is left for the guest: it gets ${words}.`,
      remedy: 'Leave fewer cores in `cpu.vcpus`, or write a number for this host.',
    };
  const value = count * threads;
  return {ok: true, value, choice: String(value), because: `the profile gives the guest ${words}`};
};

/** MiB, rounded down to whole GiB, so that pages of any size fit. */
export const memoryOf = (facts: HostFacts, node: number | null, {leftMiB}: MemoryShare): Size => {
  const kib = facts.nodes.find(({id}) => id === node)?.memoryKiB ?? facts.memory.totalKiB;
  const all = kib === null ? 'an unknown amount' : `${Math.floor(kib / 1024)} MiB`;
  const words = `all but ${leftMiB} MiB of ${whereOf(node)}, which has ${all}`;
  const gib = kib === null ? 0 : Math.floor((kib / 1024 - leftMiB) / 1024);
  return gib < 1
    ? {
        ok: false,
        smallest: 64,
        message: `Less than 1 GiB is left for the guest: it gets ${words}.`,
        remedy: 'Leave less in `memory.size`, or write a size for this host.',
      }
    : {
        ok: true,
        value: gib * 1024,
        choice: `${gib} GiB`,
        because: `the profile gives the guest ${words}, in whole GiB`,
      };
};
