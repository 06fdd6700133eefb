import {isMap, isNode, isScalar, isSeq, type YAMLMap} from 'yaml';
import {type Codec, type Complaints, listOf} from './codec.ts';
import {scalar, wholeNumber} from './scalars.ts';

/** More than any machine that runs Linux has (kernel: CONFIG_NR_CPUS is at most 8192). */
const largestCpu = 8191;
const cpuNumber = wholeNumber(0, largestCpu);

const numbers = (minimum: number): Codec<readonly number[]> => listOf(cpuNumber, {minimum, maximum: largestCpu + 1});

const kernelList: Codec<readonly number[]> = scalar({
  type: 'CPU list (`10,22` or `0-3`)',
  schema: {type: 'string', pattern: '^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$'},
  render: (cpus) => cpus.join(','),
  parse: (text) => {
    const cpus = parseCpuList(text);
    return cpus === null
      ? {refusal: 'is not a list of CPU numbers', remedy: 'Write numbers and ranges, as in `0-3,8`, or a YAML list.'}
      : {value: cpus};
  },
});

/** In the order that is written: I/O thread 1 gets the first one. */
const parseCpuList = (text: string): readonly number[] | null => {
  if (!/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(text)) return null;
  const ranges = text.split(',').map((part) => part.split('-').map(Number));
  const isValid = ranges.every(([first = 0, last = first]) => first <= last && last <= largestCpu);
  // Counted before they are written out: a short text can name very many.
  const count = ranges.reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
  return isValid && count <= largestCpu + 1
    ? ranges.flatMap(([first = 0, last = first]) => Array.from({length: last - first + 1}, (_, index) => first + index))
    : null;
};

/** `[10, 22]`, or the kernel's list format. */
export const cpuList = (minimum: number): Codec<readonly number[]> => ({
  type: `list of CPU numbers (\`[10, 22]\` or \`10,22\`)`,
  schema: {anyOf: [numbers(minimum).schema, kernelList.schema, cpuNumber.schema]},
  encode: numbers(minimum).encode,
  decode: (node, path, complaints) =>
    (isSeq(node) || !isScalar(node) ? numbers(minimum) : kernelList).decode(node, path, complaints),
});

/** Host CPU of vCPU 0, 1, …: a list, or a map from vCPU to CPU. */
export const pins: Codec<readonly number[]> = {
  type: 'list of CPU numbers, or map of vCPU to CPU',
  schema: {
    anyOf: [
      cpuList(1).schema,
      {type: 'object', patternProperties: {'^[0-9]+$': cpuNumber.schema}, additionalProperties: false},
    ],
  },
  encode: cpuList(1).encode,
  decode: (node, path, complaints) =>
    isMap(node) ? decodePinMap(node, path, complaints) : cpuList(1).decode(node, path, complaints),
};

const decodePinMap = (map: YAMLMap, path: string, complaints: Complaints): readonly number[] | undefined => {
  const entries = map.items.map(({key, value}) => {
    const vcpu = cpuNumber.decode(isNode(key) ? key : null, path, complaints);
    return {
      vcpu,
      cpu:
        vcpu === undefined ? undefined : cpuNumber.decode(isNode(value) ? value : null, `${path}.${vcpu}`, complaints),
    };
  });
  if (entries.some(({cpu}) => cpu === undefined)) return undefined;
  const byVcpu = new Map(entries.map(({vcpu, cpu}) => [vcpu, cpu]));
  const cpus = entries.flatMap((_, vcpu) => byVcpu.get(vcpu) ?? []);
  if (cpus.length === entries.length && cpus.length > 0) return cpus;
  complaints.report({
    code: 'profile-bad-value',
    path,
    node: map,
    message: `\`${path}\` does not name each vCPU from 0 up exactly once.`,
    remedy: 'Write one line for each vCPU: `0: 4`, `1: 12`, …',
  });
  return undefined;
};
