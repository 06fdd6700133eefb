import {spawnSync} from 'node:child_process';
import {SaxesParser} from 'saxes';
import {formatCpuList} from '../../src/facts/kernel-lists.ts';

/** What another program reads from a tree; sets of CPUs as sorted lists in the kernel's format. */
export type OracleView = {
  readonly online: string;
  readonly cores: readonly string[];
  readonly l3: readonly string[];
  readonly nodes: Readonly<Record<string, string>>;
};

const works = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

export const hasHwloc = works('lstopo-no-graphics');
export const hasLscpu = works('lscpu');

export const setsOf = (sets: Iterable<readonly number[]>): readonly string[] =>
  [
    ...new Set([...sets].filter((set) => set.length > 0).map((set) => formatCpuList([...set].sort((a, b) => a - b)))),
  ].sort();

/** `0x00000001,,0x80000000` is 96 bits, the highest first. */
const parseHwlocSet = (mask: string): readonly number[] =>
  mask
    .split(',')
    .reverse()
    .flatMap((word, index) => {
      const bits = Number.parseInt(word === '' ? '0' : word, 16);
      return Array.from({length: 32}, (_, bit) => bit)
        .filter((bit) => Math.floor(bits / 2 ** bit) % 2 === 1)
        .map((bit) => index * 32 + bit);
    });

/** hwloc gives a node without CPUs those of its parent, so `nodes` holds only the ids of such (`withCpus` names the others). */
export const askHwloc = (root: string, withCpus: ReadonlySet<number>): OracleView => {
  const {stdout, stderr} = spawnSync(
    'lstopo-no-graphics',
    ['--input', root, '--if', 'fsroot', '--of', 'xml', '--disallowed', '-'],
    {encoding: 'utf8', env: {...process.env, HWLOC_HIDE_ERRORS: '2', HWLOC_THISSYSTEM: '0'}},
  );
  if (!stdout.includes('<topology')) throw new Error(`hwloc could not read ${root}: ${stderr}`);
  const objects: Record<string, string>[] = [];
  const parser = new SaxesParser({});
  parser.on('opentag', ({name, attributes}) => void (name === 'object' && objects.push(attributes)));
  parser.write(stdout).close();
  const setsOfType = (type: string): readonly (readonly number[])[] =>
    objects.filter((object) => object['type'] === type).map((object) => parseHwlocSet(object['cpuset'] ?? ''));
  const nodes = objects
    .filter(({type}) => type === 'NUMANode')
    .map(
      ({os_index: id = '', cpuset = ''}) =>
        [id, withCpus.has(Number(id)) ? formatCpuList(parseHwlocSet(cpuset)) : ''] as const,
    );
  return {
    online: formatCpuList(setsOfType('PU').flat()),
    cores: setsOf(setsOfType('Core')),
    l3: setsOf(setsOfType('L3Cache')),
    nodes: Object.fromEntries(nodes),
  };
};

/** lscpu leaves out nodes without CPUs. */
export const askLscpu = (root: string): OracleView => {
  const {stdout, stderr, status} = spawnSync('lscpu', ['--sysroot', root, '-p=CPU,CORE,NODE,CACHE,ONLINE', '-a'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`lscpu could not read ${root}: ${stderr}`);
  const lines = stdout.split('\n');
  const header =
    lines
      .findLast((line) => line.startsWith('# CPU,'))
      ?.slice(2)
      .split(',') ?? [];
  const rows = lines
    .filter((line) => /^\d/.test(line))
    .map((line) => Object.fromEntries(line.split(',').map((value, index) => [header[index] ?? '', value])));
  const online = rows.filter((row) => row['Online'] === 'Y');
  const groupsOf = (column: string): ReadonlyMap<string, readonly number[]> => {
    const groups = new Map<string, number[]>();
    for (const row of online)
      if (row[column]) groups.set(row[column], [...(groups.get(row[column]) ?? []), Number(row['CPU'])]);
    return groups;
  };
  return {
    online: formatCpuList(online.map((row) => Number(row['CPU']))),
    cores: setsOf(groupsOf('Core').values()),
    l3: setsOf(groupsOf('L3').values()),
    nodes: Object.fromEntries(
      [...groupsOf('Node')].map(([id, cpus]) => [id, formatCpuList([...cpus].sort((a, b) => a - b))]),
    ),
  };
};
