import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {unpackHost} from '../../support/host-tree.ts';
import {runCli} from '../../support/run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-nodes-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));

/** Says nothing that is true on one node only. */
const profile = join(directory, 'render.yaml');
writeFileSync(
  profile,
  `version: 2
name: render
devices:
  - match: {class: '03', boot: no}
cpu:
  vcpus: 8
memory:
  size: 12 GiB
  hugepages: none
guest:
  name: render
  domain: new
  mapping: true
  os: linux
`,
);

type Printed = {
  readonly devices: readonly {readonly address: string}[];
  readonly changes: readonly {readonly kind: string; readonly path: string}[];
};

describe('one profile on the two nodes of a cluster', () => {
  it.each([
    // The storage for its firmware is the first of those that this node may use and that hold disks.
    ['proxmox-gpu', '0000:0a:00', '4-7,12-15', 'local-lvm:1,'],
    ['proxmox-server', '0000:81:00', '3-4,7-8,43-44,47-48', 'other-node:1,'],
  ])('gives the card of %s by the mapping that both share', async (host, slot, affinity, disk) => {
    const {stdout, exitCode} = await runCli(['plan', profile, '--root', unpackHost(host), '--json']);
    const printed = JSON.parse(stdout) as Printed;
    expect(exitCode).toBe(0);
    expect(printed.devices.map(({address}) => address)).toEqual([0, 1, 2, 3].map((of) => `${slot}.${of}`));
    const create = printed.changes.findLast(({kind}) => kind === 'run')?.path.split(' ') ?? [];
    const valueOf = (key: string): string | undefined => create[create.indexOf(key) + 1];
    expect(create.slice(0, 3)).toEqual(['/usr/sbin/qm', 'create', '105']);
    expect(valueOf('--hostpci0')).toMatch(/^mapping=gpu,/);
    expect(valueOf('--affinity')).toBe(affinity);
    expect(valueOf('--efidisk0')?.startsWith(disk)).toBe(true);
  });
});
