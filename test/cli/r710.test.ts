import {mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {sourceWithDash, words} from '../boot/grub/source-with-dash.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath} from '../support/run-cli.ts';
import {applyTo, type PlanDocument, planOf} from './plan-document.ts';

const shipped = profilePath('dell-r710-gtx1050');
const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-r710-'));
afterAll(() => rmSync(scratch, {recursive: true}));

const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

/** The arguments that the edited file gives the kernel, in GRUB's order, as dash understands it. */
const commandLine = (root: string): readonly string[] => {
  const [sourced] = sourceWithDash([read(root, 'etc/default/grub')]);
  return words(`${sourced?.linux} ${sourced?.linuxDefault}`);
};

const siblingsOf = (root: string, cpu: number): string =>
  read(root, `sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`).trim();
const nodeCpus = (root: string, node: number): readonly number[] =>
  read(root, `sys/devices/system/node/node${node}/cpulist`).trim().split(',').map(Number);

describe('the R710 with its shipped profile', () => {
  const root = unpackHost('dell-r710-gtx1050');
  let plan: PlanDocument;
  let before: readonly string[];
  beforeAll(async () => {
    plan = await planOf(shipped, root);
    before = commandLine(root);
    await applyTo(shipped, root);
  });

  it('pins what its author pinned by hand', () => {
    expect(plan.pinning.vcpus).toEqual([0, 12, 2, 14, 4, 16, 6, 18].map((cpu, vcpu) => ({vcpu, cpus: [cpu]})));
    expect(plan.pinning.emulator).toEqual([10, 22]);
    expect(plan.pinning.iothreads).toEqual([
      {iothread: 1, cpus: [8]},
      {iothread: 2, cpus: [20]},
    ]);
    expect(plan.pinning).toMatchObject({hostNodes: [0], topology: {sockets: 1, dies: 1, cores: 4, threads: 2}});
  });

  it('assigns both functions of the card, by address', () => {
    expect(plan.devices.map(({address, bindBy}) => `${address} ${bindBy}`)).toEqual([
      '0000:06:00.0 address',
      '0000:06:00.1 address',
    ]);
    const xml = read(root, 'etc/libvirt/qemu/win10.xml');
    const sources = [
      ...xml.matchAll(
        /<hostdev [^>]*type='pci'[^>]*>\s*<source>\s*<address domain='0x0000' bus='0x06' slot='0x00' function='0x(\d)'\/>/g,
      ),
    ];
    expect(sources.map((match) => match[1])).toEqual(['0', '1']);
  });

  it('puts 12 GiB of 2 MiB pages on node 0 and leaves none on node 1', () => {
    expect(plan.memory).toMatchObject({
      sizeKiB: 12 * 1024 * 1024,
      hugepages: {sizeKiB: 2048, perNode: {0: 6144}},
      nodes: [0],
    });
    // This kernel (5.4) spreads them over both nodes, so the unit takes those of node 1 away.
    expect(commandLine(root)).toEqual(expect.arrayContaining(['hugepagesz=2M', 'hugepages=12288']));
    const unit = read(root, 'etc/systemd/system/vfio-pilot-hugepages.service');
    expect(unit).toContain('echo 0 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages');
    expect(unit).toContain('echo 6144 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages');
    expect(readlinkSync(join(root, 'etc/systemd/system/sysinit.target.wants/vfio-pilot-hugepages.service'))).toBe(
      '/etc/systemd/system/vfio-pilot-hugepages.service',
    );
  });

  it('binds the guest’s memory strictly to node 0', () => {
    const xml = read(root, 'etc/libvirt/qemu/win10.xml');
    expect(xml).toMatch(/<numatune>\s*<memory mode='strict' nodeset='0'\/>/);
    expect(xml).toMatch(/<memoryBacking>\s*<hugepages>\s*<page size='2048' unit='KiB'\/>/);
    expect(xml).toMatch(/<memory unit='KiB'>12582912<\/memory>/);
  });

  it('keeps every kernel argument that was there, in its order, and makes its own effective', () => {
    const after = commandLine(root);
    expect(before).toEqual(['console=tty0', 'console=ttyS1,115200n8', 'intel_iommu=on']);
    expect(after.filter((token) => before.includes(token))).toEqual(before);
    expect(after).toEqual(expect.arrayContaining([...plan.kernelArguments.add]));
    expect(after.length).toBe(before.length + plan.kernelArguments.add.length);
  });
});

describe('the R710 on a kernel that places hugepages itself', () => {
  it('asks for the pages of node 0 on the command line, and needs no unit', async () => {
    const root = unpackHost('dell-r710-gtx1050-debian12');
    const plan = await planOf(shipped, root);
    expect(plan.memory.hugepages).toMatchObject({sizeKiB: 2048, perNode: {0: 6144}});
    // A node that is not named gets none (kernel: Documentation/admin-guide/kernel-parameters.txt, hugepages=).
    expect(plan.kernelArguments.add).toEqual(expect.arrayContaining(['hugepagesz=2M', 'hugepages=0:6144']));
    expect(plan.changes.filter(({path}) => path.includes('systemd'))).toEqual([]);
  });
});

const automatic = (keys: readonly string[]): string => {
  const lines = readFileSync(shipped, 'utf8').split('\n');
  const file = join(scratch, `auto-${keys.join('-')}.yaml`);
  writeFileSync(
    file,
    lines
      .map((line) =>
        line.replace(/^(\s+)(\w+): .*$/, (whole, indent: string, key: string) =>
          keys.includes(key) ? `${indent}${key}: auto` : whole,
        ),
      )
      .join('\n'),
  );
  return file;
};

describe.each([
  ['pins, emulator and I/O threads', ['pins', 'emulator', 'iothreads']],
  ['those and both nodes', ['pins', 'emulator', 'iothreads', 'node']],
] as const)('the R710 with %s left to the program', (_title, keys) => {
  const root = unpackHost('dell-r710-gtx1050');
  let plan: PlanDocument;
  beforeAll(async () => {
    plan = await planOf(automatic(keys), root);
  });

  it('gives vCPU 2k and 2k+1 the two threads of one core, all of node 0', () => {
    const pins = plan.pinning.vcpus.map(({cpus}) => cpus);
    expect(pins.map((cpus) => cpus.length)).toEqual(Array.from({length: 8}, () => 1));
    const cpus = pins.flat();
    expect(new Set(cpus).size).toBe(8);
    for (let vcpu = 0; vcpu < 8; vcpu += 2)
      expect(`${cpus[vcpu]},${cpus[vcpu + 1]}`).toBe(siblingsOf(root, cpus[vcpu]!));
    expect(cpus.filter((cpu) => !nodeCpus(root, 0).includes(cpu))).toEqual([]);
    expect(plan.pinning).toMatchObject({hostNodes: [0], topology: {sockets: 1, dies: 1, cores: 4, threads: 2}});
  });

  it('keeps QEMU’s own threads on node 0 and off the cores of the vCPUs', () => {
    const vcpus = plan.pinning.vcpus.flatMap(({cpus}) => cpus);
    const helpers = [...plan.pinning.emulator, ...plan.pinning.iothreads.flatMap(({cpus}) => cpus)];
    expect(plan.pinning.emulator.length).toBeGreaterThan(0);
    expect(plan.pinning.iothreads.length).toBeGreaterThan(0);
    expect(helpers.filter((cpu) => !nodeCpus(root, 0).includes(cpu) || vcpus.includes(cpu))).toEqual([]);
  });

  it('puts the memory on node 0 as well', () => {
    expect(plan.memory).toMatchObject({
      sizeKiB: 12 * 1024 * 1024,
      hugepages: {sizeKiB: 2048, perNode: {0: 6144}},
      nodes: [0],
    });
  });
});
