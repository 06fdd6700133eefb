import {formatCpuList, parseCpuList} from '../../facts/kernel-lists.ts';
import {parsePciAddress, type PciAddress} from '../../facts/pci-address.ts';
import type {XenCpu, XenInfo, XenNode, XenPool, XenVcpu} from '../../facts/virtualisation.ts';

/** The console of dom0 ends lines in `\r\r\n`; a captured output may come from there. */
const linesOf = (text: string): readonly string[] => text.split('\n').map((line) => line.replace(/\r+$/, ''));

/**
 * Text of `xl info -n` (Xen: tools/xl/xl_info.c); `null` where it is not that, or a table in it makes no sense: of half a
 * machine nothing may be placed. CPUs that are offline have no row.
 */
export const parseXlInfo = (text: string): XenInfo | null => {
  const lines = linesOf(text);
  const valueOf = (key: string): string | null =>
    lines
      .flatMap((line) => new RegExp(`^${key}\\s*: ?(.*)$`).exec(line)?.[1] ?? [])
      .at(0)
      ?.trim() ?? null;
  const cpus = tableOf(lines, 'cpu_topology', /^cpu:\s+core\s+socket\s+node$/, cpuRow);
  const nodes = tableOf(lines, 'numa_info', /^node:\s+memsize\s+memfree\s+distances$/, nodeRow);
  const virtCaps = valueOf('virt_caps');
  if (cpus === null || nodes === null || cpus.length === 0 || nodes.length === 0 || virtCaps === null) return null;
  if (Number(valueOf('nr_cpus')) !== cpus.length || Number(valueOf('nr_nodes')) !== nodes.length) return null;
  return {
    virtCaps: virtCaps.split(/\s+/).filter((word) => word !== ''),
    totalMemoryMiB: numberOf(valueOf('total_memory')),
    freeMemoryMiB: numberOf(valueOf('free_memory')),
    commandLine: valueOf('xen_commandline'),
    cpus,
    nodes,
    deviceNodes: devicesOf(lines),
  };
};

/** Rows below `NAME :` and its header, up to the first line that is none; `null` where there is no such header. */
const tableOf = <Row>(
  lines: readonly string[],
  name: string,
  header: RegExp,
  rowOf: (line: string) => Row | null,
): readonly Row[] | null => {
  const start = lines.findIndex((line, index) => line.startsWith(`${name} `) && header.test(lines[index + 1] ?? ''));
  if (start === -1) return null;
  const rows: Row[] = [];
  for (const line of lines.slice(start + 2)) {
    const row = rowOf(line);
    if (row === null) break;
    rows.push(row);
  }
  return rows;
};

const cpuRow = (line: string): XenCpu | null => {
  const [, id, core, socket, node] = /^\s*(\d+):\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line) ?? [];
  return node === undefined ? null : {id: Number(id), core: Number(core), socket: Number(socket), node: Number(node)};
};

const nodeRow = (line: string): XenNode | null => {
  const [, id, span, free, distances] = /^\s*(\d+):\s+(\d+)\s+(\d+)\s+([\d,]*)\s*$/.exec(line) ?? [];
  if (id === undefined) return null;
  const row = (distances ?? '').split(',').filter((one) => one !== '');
  return {
    id: Number(id),
    spanMiB: Number(span),
    freeMiB: Number(free),
    distances: row.length === 0 ? null : row.map(Number),
  };
};

const devicesOf = (lines: readonly string[]): XenInfo['deviceNodes'] => {
  const rows = tableOf(lines, 'device topology', /^device\s+node$/, (line) => {
    const [, device = '', node] = /^([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\s+(\d+|-)\s*$/.exec(line) ?? [];
    const address = parsePciAddress(device);
    return address === null || node === undefined ? null : ([address, node] as const);
  });
  return rows === null
    ? null
    : Object.fromEntries(rows.filter(([, node]) => node !== '-').map(([address, node]) => [address, Number(node)]));
};

const numberOf = (text: string | null): number | null => (text !== null && /^\d+$/.test(text) ? Number(text) : null);

/** Rows of `xenpm get-cpu-topology`, which knows the same CPUs and no memory; `null` where the text is none. */
export const parseXenpmTopology = (text: string): readonly XenCpu[] | null => {
  const [header = '', ...rows] = linesOf(text).filter((line) => line.trim() !== '');
  if (!/^CPU\s+core\s+socket\s+node$/.test(header.trim())) return null;
  const cpus = rows.map((row) => {
    const [, id, core, socket, node] = /^CPU(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(row) ?? [];
    return node === undefined ? null : {id: Number(id), core: Number(core), socket: Number(socket), node: Number(node)};
  });
  return cpus.every((cpu): cpu is XenCpu => cpu !== null) ? cpus : null;
};

/**
 * Rows of `xl vcpu-list`, read from the right: a name may hold blanks, and an offline vCPU has `-   --p` for CPU and state
 * (Xen: tools/xl/xl_vcpu.c). `null` where the header is another one or a row makes no sense.
 */
export const parseVcpuList = (text: string): readonly XenVcpu[] | null => {
  const [header = '', ...rows] = linesOf(text).filter((line) => line.trim() !== '');
  if (!/^Name\s+ID\s+VCPU\s+CPU\s+State\s+Time\(s\)\s+Affinity \(Hard \/ Soft\)$/.test(header.trim())) return null;
  const vcpus = rows.map(vcpuRow);
  return vcpus.every((vcpu): vcpu is XenVcpu => vcpu !== null) ? vcpus : null;
};

const vcpuRow = (row: string): XenVcpu | null => {
  const [, domain, id, vcpu, cpu, hard, soft] =
    /^(\S.*?)\s+(\d+)\s+(\d+)\s+(\d+|-)\s+[-rbp]{3}\s+[\d.]+\s+([\d,-]+|all) \/ ([\d,-]+|all)\s*$/.exec(row) ?? [];
  if (domain === undefined || hard === undefined || soft === undefined) return null;
  return {
    domain,
    domainId: Number(id),
    vcpu: Number(vcpu),
    cpu: cpu === '-' ? null : Number(cpu),
    hard: sameForm(hard),
    soft: sameForm(soft),
  };
};

const sameForm = (list: string): string => {
  const cpus = list === 'all' ? null : parseCpuList(list);
  return cpus === null ? list : formatCpuList(cpus);
};

/** Lines of `xl pci-assignable-list`, each with a blank behind it; `null` where one is no address. */
export const parseAssignable = (text: string): readonly PciAddress[] | null => {
  const lines = linesOf(text)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const addresses = lines.map(parsePciAddress);
  return addresses.every((address): address is PciAddress => address !== null) ? addresses : null;
};

/** Rows of `xl cpupool-list -c`, by number of the pool; an empty one has no list. `null` where a row makes no sense. */
export const parsePools = (text: string): readonly XenPool[] | null => {
  const [header = '', ...rows] = linesOf(text).filter((line) => line.trim() !== '');
  if (!/^Name\s+CPU list$/.test(header.trim())) return null;
  const pools = rows.map((row) => {
    const [, name, list] = /^(\S.*?)(?:\s+(\d[\d,-]*))?\s*$/.exec(row) ?? [];
    const cpus = list === undefined ? [] : parseCpuList(list);
    return name === undefined || cpus === null ? null : {name, cpus};
  });
  return pools.every((pool): pool is XenPool => pool !== null) ? pools : null;
};
