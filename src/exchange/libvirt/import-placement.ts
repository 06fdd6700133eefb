import {formatCpuList} from '../../facts/kernel-lists.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {ioThreadsOf} from '../../facts/io-threads.ts';
import {attributeOf, childNamed, childrenNamed, elementsAt, type XmlElement} from '../../formats/xml/document.ts';
import {parseCpuSet, parseSizeKiB, parseWholeNumber} from '../../hypervisor/kvm/domain/domain-values.ts';
import type {Profile} from '../../profile/profile.ts';
import {type Omission, replaced, stays} from './omission.ts';

type Placement = {
  readonly cpu: Pick<Profile['cpu'], 'vcpus' | 'pins' | 'emulator' | 'iothreads'>;
  readonly memory: Pick<Profile['memory'], 'sizeMiB' | 'hugepages' | 'node'>;
  readonly omissions: readonly Omission[];
};

/** The domain's vCPUs, threads, memory and pages, and where they are. What the domain leaves open stays `auto`. */
export const importPlacement = (facts: HostFacts, root: XmlElement): Placement => {
  const omissions: Omission[] = [];
  const omit = (omission: Omission): null => {
    omissions.push(omission);
    return null;
  };
  const vcpus = countVcpus(root, omit);
  return {
    cpu: {
      vcpus,
      pins: importPins(facts, root, vcpus, omit) ?? 'auto',
      emulator: importEmulator(facts, root, omit) ?? 'auto',
      iothreads: importIothreads(facts, root, omit),
    },
    memory: {
      sizeMiB: importSize(root, omit),
      hugepages: importPages(facts, root, omit),
      node: importNode(facts, root, omit) ?? 'auto',
    },
    omissions,
  };
};

type Omit = (omission: Omission) => null;

const countVcpus = (root: XmlElement, omit: Omit): number => {
  const vcpu = childNamed(root, 'vcpu');
  const count = parseWholeNumber(vcpu?.text ?? null) ?? 1;
  const current = parseWholeNumber(attributeOf(vcpu, 'current')) ?? count;
  const isOff = elementsAt(root, 'vcpus/vcpu').some((one) => attributeOf(one, 'enabled') === 'no');
  if (vcpu !== null && (current !== count || isOff))
    omit(replaced(vcpu, `Not all of the ${count} vCPUs are there when the guest starts; with a profile they are.`));
  return count;
};

const onlineCpus = ({cpu}: HostFacts): ReadonlySet<number> =>
  new Set(cpu.cpus.flatMap(({id, online}) => (online ? [id] : [])));

/** Host CPUs of a pin; `null` where it has none. */
const cpusOf = (pin: XmlElement): readonly number[] | null => {
  const cpus = parseCpuSet(attributeOf(pin, 'cpuset') ?? '');
  return cpus === null || cpus.size === 0 ? null : [...cpus].sort((a, b) => a - b);
};

const areHere = (facts: HostFacts, cpus: readonly number[]): boolean => {
  const online = onlineCpus(facts);
  return cpus.every((cpu) => online.has(cpu));
};

/** A profile has one CPU for each vCPU, and each once. */
const importPins = (facts: HostFacts, root: XmlElement, vcpus: number, omit: Omit): readonly number[] | null => {
  const pins = elementsAt(root, 'cputune/vcpupin');
  const [first] = pins;
  if (first === undefined) return null;
  const cpus = Array.from({length: Math.min(vcpus, pins.length)}, (_, vcpu) => {
    const pin = pins.find((one) => Number(attributeOf(one, 'vcpu')) === vcpu);
    return pin === undefined ? null : cpusOf(pin);
  }).flatMap((one) => (one?.length === 1 ? one : []));
  if (cpus.length !== vcpus || new Set(cpus).size !== vcpus)
    return omit(
      replaced(
        first,
        `The pins are not one CPU of its own for each of the ${vcpus} vCPUs, so cpu.pins is auto and a plan chooses them anew.`,
      ),
    );
  const here = onlineCpus(facts);
  const missing = cpus.filter((cpu) => !here.has(cpu));
  if (missing.length > 0)
    return omit(
      replaced(
        first,
        `The vCPUs are pinned to CPUs ${formatCpuList(missing)}, which this host does not have, so cpu.pins is auto.`,
      ),
    );
  return cpus;
};

const importEmulator = (facts: HostFacts, root: XmlElement, omit: Omit): readonly number[] | null => {
  const [pin] = elementsAt(root, 'cputune/emulatorpin');
  if (pin === undefined) return null;
  const cpus = cpusOf(pin);
  if (cpus !== null && areHere(facts, cpus)) return cpus;
  return omit(
    replaced(
      pin,
      `QEMU's own threads are pinned to ${attributeOf(pin, 'cpuset') ?? 'nothing'}, which this host does not have, so cpu.emulator is auto.`,
    ),
  );
};

/** In the order in which a plan numbers them: those in use, then the others. Without pins it leaves them alone. */
const importIothreads = (facts: HostFacts, root: XmlElement, omit: Omit): readonly number[] => {
  const {used, defined} = ioThreadsOf(root);
  const threads = [...new Set([...used, ...defined])];
  const pins = elementsAt(root, 'cputune/iothreadpin');
  const first = pins[0] ?? childNamed(root, 'iothreads') ?? childNamed(root, 'iothreadids');
  if (first === null || threads.length === 0) return [];
  if (used.length === 0) {
    omit(stays(first, 'No disk runs in the I/O threads, so the profile asks for none.'));
    return [];
  }
  const cpus = threads.flatMap((thread) => {
    const pin = pins.find((one) => Number(attributeOf(one, 'iothread')) === thread);
    const own = pin === undefined ? null : cpusOf(pin);
    return own?.length === 1 && areHere(facts, own) ? own : [];
  });
  if (cpus.length === threads.length) return cpus;
  omit(
    stays(
      first,
      'A profile has one CPU of this host for each I/O thread, and these are not pinned so, so it asks for none.',
    ),
  );
  return [];
};

const mebibyte = 1024;

const importSize = (root: XmlElement, omit: Omit): number => {
  const memory = childNamed(root, 'memory');
  const current = childNamed(root, 'currentMemory');
  const sizeKiB = sizeOf(memory) ?? 0;
  const currentKiB = sizeOf(current) ?? sizeKiB;
  if (memory !== null && sizeKiB % mebibyte !== 0)
    omit(replaced(memory, `The memory is ${sizeKiB} KiB; a profile counts whole MiB, so the rest is left out.`));
  if (current !== null && currentKiB < sizeKiB)
    omit(
      replaced(
        current,
        `The balloon keeps the guest at ${Math.floor(currentKiB / mebibyte)} MiB; a guest with a card has all of its memory.`,
      ),
    );
  return Math.floor(sizeKiB / mebibyte);
};

const sizeOf = (element: XmlElement | null): number | null =>
  element === null ? null : parseSizeKiB(element.text, attributeOf(element, 'unit'));

const pageSizes: Readonly<Record<number, Profile['memory']['hugepages']>> = {2048: '2MiB', 1_048_576: '1GiB'};

const importPages = (facts: HostFacts, root: XmlElement, omit: Omit): Profile['memory']['hugepages'] => {
  const [hugepages] = elementsAt(root, 'memoryBacking/hugepages');
  if (hugepages === undefined) return 'none';
  const pages = childrenNamed(hugepages, 'page');
  const [page] = pages;
  const size =
    page === undefined
      ? facts.memory.defaultHugepageKiB
      : parseSizeKiB(attributeOf(page, 'size') ?? '', attributeOf(page, 'unit'));
  const known = size === null ? undefined : pageSizes[size];
  if (pages.length > 1 || pages.some((page) => attributeOf(page, 'nodeset') !== null))
    omit(replaced(hugepages, 'The page size is given by guest node; a profile has one size for all memory.'));
  if (known !== undefined) return known;
  omit(replaced(hugepages, 'The pages have a size that a profile does not know, so memory.hugepages is auto.'));
  return 'auto';
};

const importNode = (facts: HostFacts, root: XmlElement, omit: Omit): number | null => {
  const [memory] = elementsAt(root, 'numatune/memory');
  if (memory === undefined) return null;
  const nodes = [...(parseCpuSet(attributeOf(memory, 'nodeset') ?? '') ?? [])];
  const mode = attributeOf(memory, 'mode') ?? 'strict';
  const [node] = nodes;
  if (node === undefined) return null;
  if (mode !== 'strict')
    omit(replaced(memory, `The memory is on its node in the mode ${mode}; with a profile it is strict.`));
  if (nodes.length > 1)
    return omit(
      replaced(memory, `The memory is on nodes ${formatCpuList(nodes)}; a profile names one, so memory.node is auto.`),
    );
  if (facts.nodes.some(({id}) => id === node)) return node;
  return omit(
    replaced(memory, `The memory is on node ${node}, which this host does not have, so memory.node is auto.`),
  );
};
