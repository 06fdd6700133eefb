import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {deviceKinds, identityOf} from '../../src/devices/device-kinds.ts';
import {vgpuUnitPaths} from '../../src/devices/virtual-function/vgpu-unit.ts';
import {unitPaths} from '../../src/devices/virtual-function/unit.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciAddress} from '../../src/facts/pci-address.ts';
import type {VendorVgpu} from '../../src/facts/pci.ts';
import {pciFunctionReader} from '../../src/host/pci/pci-function.ts';
import {claimOf} from '../../src/plan/claim-of-plan.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {ProfileDevice} from '../../src/profile/profile.ts';
import {openSource} from '../../src/system/source.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {addedIn} from '../support/added-in.ts';
import {sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleFiles} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {writeTree} from '../support/write-tree.ts';

// All invented; the types' numbers and names are as listings of an L40S show them.
const gpu: PciAddress = '0000:41:00.0';
const parts: readonly PciAddress[] = ['0000:41:00.4', '0000:41:00.5', '0000:41:00.6'];
const types = [
  {id: 1148, name: 'NVIDIA L40S-2Q'},
  {id: 1151, name: 'NVIDIA L40S-12Q'},
];
const grub = sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'});

const host = (vgpus: readonly (VendorVgpu | null)[] = parts.map(() => ({current: 0, creatable: types}))): HostFacts => {
  const functions = parts.slice(0, vgpus.length);
  const parent = samplePci(gpu, {
    class: '030200',
    device: '26b9',
    driver: 'nvidia',
    iommuGroup: 60,
    numaNode: 1,
    upstream: ['0000:40:01.0'],
    name: 'AD102GL [L40S]',
    sriov: sampleSriov({total: 48, enabled: functions.length, offset: 4, stride: 1, device: '26b9', functions}),
  });
  const made = functions.map((address, index) =>
    samplePci(address, {
      class: '030200',
      device: '26b9',
      driver: 'nvidia',
      iommuGroup: 70 + index,
      physicalFunction: gpu,
      vgpu: vgpus[index] ?? null,
    }),
  );
  return sampleFacts(undefined, {pci: [...samplePciFunctions, parent, ...made], files: grub});
};
const part = (index: number, vgpu: string | null, mixedSizes = false): ProfileDevice => ({
  kind: 'virtual-function',
  function: {
    of: {address: gpu, id: null, subsystem: null, upstream: null},
    index,
    count: 'auto',
    id: null,
    vgpu,
    mixedSizes,
  },
  mac: null,
  vlan: null,
});
const plan = (devices: readonly ProfileDevice[], facts: HostFacts = host(), guest = 'nas') =>
  previewChanges(facts, sampleProfile({devices, guest: {name: guest, os: 'linux'}}));
const blockers = ({findings}: ReturnType<typeof plan>): readonly string[] =>
  findings.filter(({severity}) => severity === 'blocker').map(({code}) => code);
const scratch: string[] = [];
afterAll(() => {
  for (const root of scratch) rmSync(root, {recursive: true, force: true});
});

describe('a vGPU that is a virtual function', () => {
  it('failure mode 67: stays with NVIDIA’s driver, and gets its type before a guest starts', () => {
    const preview = plan([part(1, 'NVIDIA L40S-12Q')]);
    expect(blockers(preview)).toEqual([]);
    const xml = addedIn(preview, '/etc/libvirt/qemu/nas.xml');
    expect(xml).toMatch(
      /<hostdev mode='subsystem' type='pci' managed='no'>\s*<source>\s*<address domain='0x0000' bus='0x41' slot='0x00' function='0x5'\/>/,
    );
    expect(xml).not.toContain("managed='yes'");
    const {script, unit} = vgpuUnitPaths('nas');
    expect(addedIn(preview, script)).toContain(
      `\nmake_all ${gpu} equal || failed=1\nset_type ${gpu} 1 'NVIDIA L40S-12Q' || failed=1\n`,
    );
    expect(addedIn(preview, unit)).toContain('nvidia-vgpud.service nvidia-vgpu-mgr.service\nBefore=libvirtd.service');
    expect(preview.changes.map(({path}) => path)).not.toContain(unitPaths('nas').unit);
    expect(preview.plan.binding).toMatchObject({byAddress: [], softdeps: []});
  });

  it('is written as it was read, known by its place, and proposed by type', () => {
    const profile = sampleProfile({devices: [part(1, 'NVIDIA L40S-12Q', true)]});
    expect(decodeProfile(encodeProfile(profile), 'x.yaml').profile?.devices).toEqual(profile.devices);
    expect(identityOf(part(1, 'NVIDIA L40S-12Q'))).toBe(`${gpu}/virtfn1 NVIDIA L40S-12Q`);
    const twice = sampleProfile({devices: [part(1, 'NVIDIA L40S-12Q'), part(1, 'NVIDIA L40S-2Q')]});
    expect(decodeProfile(encodeProfile(twice), 'x.yaml').findings).toMatchObject([
      {message: expect.stringContaining('is listed twice')},
    ]);
    const offered = deviceKinds
      .flatMap((kind) =>
        kind.candidates(
          host([
            {current: 1148, creatable: []},
            {current: 0, creatable: types},
          ]),
        ),
      )
      .flatMap(({identities}) => identities)
      .filter((identity) => identity.includes('virtfn'));
    expect(offered).toEqual([`${gpu}/virtfn1 NVIDIA L40S-2Q`, `${gpu}/virtfn1 NVIDIA L40S-12Q`]);
    expect(proposeProfile(host(), offered.slice(0, 1)).devices).toMatchObject([
      {function: {index: 1, vgpu: 'NVIDIA L40S-2Q'}},
    ]);
  });

  it('is refused where its type is not there, with what was meant', () => {
    expect(plan([part(0, 'NVIDIA L40S-12P')]).findings).toContainEqual(
      expect.objectContaining({code: 'vgpu-type-unknown', remedy: 'Did you mean NVIDIA L40S-12Q?'}),
    );
    expect(blockers(plan([part(0, null)]))).toContain('vf-managed-by-vendor');
    const amperes = plan([part(0, 'NVIDIA A40-12Q')], host([null]));
    expect(amperes.findings).toContainEqual(
      expect.objectContaining({
        code: 'vgpu-type-unknown',
        remedy: expect.stringContaining('mdev: {parent: 0000:41:00.4'),
      }),
    );
    const unseen = plan([part(0, 'NVIDIA L40S-12Q')], host([]));
    expect(blockers(unseen)).toEqual([]);
    expect(unseen.findings).toContainEqual(expect.objectContaining({severity: 'note', code: 'vgpu-type-unseen'}));
  });

  it('has the size of the others on its GPU, of other guests’ too, unless several are wanted', () => {
    expect(blockers(plan([part(0, 'NVIDIA L40S-12Q'), part(1, 'NVIDIA L40S-2Q')]))).toContain('mdev-other-size-active');
    const mixed = plan([part(0, 'NVIDIA L40S-12Q', true), part(1, 'NVIDIA L40S-2Q')]);
    expect(blockers(mixed)).toEqual([]);
    expect(addedIn(mixed, vgpuUnitPaths('nas').script)).toContain(`\nmake_all ${gpu} mixed `);
    const claim = claimOf(plan([part(2, 'NVIDIA L40S-2Q')], host(), 'other').plan, []);
    const facts = {...host(), guests: {recorded: [claim], printed: null}};
    expect(blockers(plan([part(0, 'NVIDIA L40S-12Q')], facts))).toEqual(['mdev-other-size-active']);
    expect(blockers(plan([part(0, 'NVIDIA L40S-2Q')], facts))).toEqual([]);
  });

  it('failure mode 68: says what a type on a MIG instance needs at each boot', () => {
    const creatable = [{id: 900, name: 'NVIDIA H100-1-10C'}];
    const {findings} = plan([part(0, 'NVIDIA H100-1-10C')], host([{current: 0, creatable}]));
    expect(findings).toContainEqual(expect.objectContaining({severity: 'note', code: 'vgpu-mig'}));
    expect(plan([part(0, 'NVIDIA L40S-2Q')]).findings.map(({code}) => code)).not.toContain('vgpu-mig');
    const split = [
      {current: 0, creatable},
      {current: 0, creatable: [{id: 901, name: 'NVIDIA H100-2-20C'}]},
    ];
    expect(blockers(plan([part(0, 'NVIDIA H100-1-10C'), part(1, 'NVIDIA H100-2-20C')], host(split)))).toEqual([]);
  });

  it('is planned again once it has its type, and verified by it', () => {
    const device = part(0, 'NVIDIA L40S-12Q');
    const before = plan([device]);
    const set = host([
      {current: 1151, creatable: []},
      {current: 0, creatable: types},
    ]);
    const claim = claimOf(before.plan, []);
    expect(blockers(plan([device], {...set, guests: {recorded: [claim], printed: null}}))).toEqual([]);
    const applied = {version: 3, plan: before.plan, bootId: 'before'} as const;
    const status = (facts: HostFacts) =>
      verifyPlan(facts, applied, 'after')
        .filter(({id}) => id === 'vgpu-type')
        .map((one) => `${one.id} ${one.status}`)
        .join();
    expect(status(set)).toBe('vgpu-type kept');
    expect(status(host())).toBe('vgpu-type broken');
    expect(
      status(
        host([
          {current: 1148, creatable: []},
          {current: 0, creatable: types},
        ]),
      ),
    ).toBe('vgpu-type broken');
    expect(status(host([{current: 1151, creatable: []}]))).toBe('vgpu-type unknown');
  });

  it('is read with its heading left out', () => {
    const own = 'sys/devices/pci0000:40/0000:40:01.0/0000:41:00.4';
    const root = writeTree({
      [`${own}/vendor`]: '0x10de\n',
      [`${own}/device`]: '0x26b9\n',
      [`${own}/nvidia/current_vgpu_type`]: '0\n',
      [`${own}/nvidia/creatable_vgpu_types`]:
        'ID    : vGPU Name\n1148  : NVIDIA L40S-2Q\n942   : NVIDIA RTX6000-Ada-2Q\n1428 : NVIDIA H200X-141C\n',
      'sys/bus/pci/devices/': '',
    });
    symlinkSync(
      '../../../devices/pci0000:40/0000:40:01.0/0000:41:00.4',
      join(root, 'sys/bus/pci/devices/0000:41:00.4'),
    );
    expect(pciFunctionReader(openSource(root, null))('0000:41:00.4', '0000:41:00.4')?.vgpu).toEqual({
      current: 0,
      creatable: [
        {id: 1148, name: 'NVIDIA L40S-2Q'},
        {id: 942, name: 'NVIDIA RTX6000-Ada-2Q'},
        {id: 1428, name: 'NVIDIA H200X-141C'},
      ],
    });
  });
});

describe('the script that sets vGPU types', () => {
  const text = addedIn(plan([part(0, 'NVIDIA L40S-12Q', true)]), vgpuUnitPaths('nas').script);
  const made = ({current = 0, manage = 'MAKE', driver = true} = {}) => {
    const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-vgpu-'));
    scratch.push(root);
    const device = join(root, 'sys/bus/pci/devices', gpu);
    for (const path of [device, join(root, 'run'), join(root, 'bin'), join(root, 'drv')])
      mkdirSync(path, {recursive: true});
    if (driver) symlinkSync(join(root, 'drv'), join(device, 'driver'));
    writeFileSync(join(device, 'sriov_numvfs'), '0\n');
    const list = 'ID    : vGPU Name\n1148  : NVIDIA L40S-2Q\n1151  : NVIDIA L40S-12Q\n';
    writeFileSync(join(root, 'list'), list);
    const make = `mkdir -p ${device}/virtfn0/nvidia && cp ${root}/list ${device}/virtfn0/nvidia/creatable_vgpu_types && echo ${current} > ${device}/virtfn0/nvidia/current_vgpu_type && echo 48 > ${device}/sriov_numvfs`;
    const stub = (name: string, body: string): void =>
      writeFileSync(join(root, 'bin', name), `#!/bin/dash\necho "$@" >> ${root}/${name}.log\n${body}\n`, {mode: 0o755});
    stub('sriov-manage', manage.replace('MAKE', make).replace('LOG', `${root}/sriov-manage.log`));
    stub('nvidia-smi', '');
    stub('sleep', '');
    const log = (name: string): string =>
      existsSync(join(root, `${name}.log`)) ? readFileSync(join(root, `${name}.log`), 'utf8').trim() : '';
    return {
      log,
      type: () => readFileSync(join(device, 'virtfn0/nvidia/current_vgpu_type'), 'utf8').trim(),
      run: () => {
        const own = text
          .replace(/^PATH=/m, `PATH=${root}/bin:`)
          .replace(/^run=\/run$/m, `run=${root}/run`)
          .replace(/^sysfs=\/sys$/m, `sysfs=${root}/sys`)
          .replace(/^sriov_manage=.*$/m, `sriov_manage=${root}/bin/sriov-manage`);
        expect(own).toContain(`${root}/bin/sriov-manage`);
        writeFileSync(join(root, 'script'), own);
        const {status, stderr} = spawnSync('/bin/dash', [join(root, 'script')], {encoding: 'utf8'});
        return {status, stderr};
      },
    };
  };

  it('makes them by NVIDIA’s program, turns the mode on, and sets the number of the name', () => {
    const one = made();
    expect(one.run()).toEqual({status: 0, stderr: ''});
    expect(one.log('sriov-manage')).toBe(`-e ${gpu}`);
    expect(one.log('nvidia-smi')).toBe(`vgpu -shm 1 -i ${gpu}`);
    expect(one.type()).toBe('1151');
    expect(one.run()).toEqual({status: 0, stderr: ''});
    expect(one.log('sriov-manage')).toBe(`-e ${gpu}`);
  });

  it('failure mode 69: tries again while the program finds the GPU busy, and ends with a word', () => {
    const busy = made({manage: '[ "$(wc -l < LOG)" -ge 3 ] || exit 1\nMAKE'});
    expect(busy.run().status).toBe(0);
    expect(busy.log('sriov-manage').split('\n')).toHaveLength(3);
    const never = made({manage: 'exit 1'});
    expect(never.run()).toMatchObject({status: 1, stderr: expect.stringContaining('has no virtual functions')});
    expect(never.log('sriov-manage').split('\n')).toHaveLength(5);
    expect(made({driver: false}).run()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('has no driver after'),
    });
  });

  it('never changes a type that is set', () => {
    const other = made({current: 1148});
    expect(other.run()).toMatchObject({status: 1, stderr: expect.stringContaining('has the vGPU type 1148 and not')});
    expect(other.type()).toBe('1148');
    expect(other.log('nvidia-smi')).toBe('');
    expect(made({current: 1151}).run()).toEqual({status: 0, stderr: ''});
  });
});
