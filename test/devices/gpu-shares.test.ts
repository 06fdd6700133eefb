import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {writeCapture} from '../../src/capture/write-capture.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import {checkSharing} from '../../src/checks/display-checks.ts';
import {virtualFunctionKind} from '../../src/devices/virtual-function/virtual-function-kind.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {GpuShare} from '../../src/facts/pci.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {describeShare} from '../../src/plan/device/describe-share.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath} from '../support/run-cli.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-shares-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

const gpu = '0000:0a:00.0';
const factsOf = (root: string): HostFacts => readHost(openSource(root, null));
const sharesOf = ({pci}: HostFacts) => pci.find(({address}) => address === gpu)?.sriov?.shares ?? null;

const noShare: GpuShare = {execQuantumMs: null, preemptTimeoutUs: null, schedPriority: null, vramQuotaBytes: null};

describe('what xe gives to each function of its GPU', () => {
  const root = unpackHost('arc-xe');
  const facts = factsOf(root);
  const planNotes = (text: string) => {
    const {profile} = decodeProfile(text, 'arc-xe.yaml');
    if (profile === null) throw new Error('not decoded');
    return previewChanges(facts, profile).findings.filter(({code}) => code === 'vf-share');
  };
  const profile = readFileSync(profilePath('arc-xe'), 'utf8');

  it('is read of all that there can be, and of the physical one', () => {
    const shares = sharesOf(facts);
    expect(shares?.physical).toEqual({
      execQuantumMs: 20,
      preemptTimeoutUs: 40_000,
      schedPriority: 'low',
      vramQuotaBytes: null,
    });
    expect(shares?.virtual).toHaveLength(12);
    expect(shares?.virtual.slice(1, 3)).toEqual([
      {execQuantumMs: 10, preemptTimeoutUs: 20_000, schedPriority: 'low', vramQuotaBytes: 8 * 2 ** 30},
      {execQuantumMs: 0, preemptTimeoutUs: 0, schedPriority: 'low', vramQuotaBytes: 0},
    ]);
  });

  it('is in a capture', async () => {
    const archive = join(scratch, 'arc-xe.tar.gz');
    await writeCapture(openSource(root, null), archive);
    execFileSync('tar', ['-xzpf', archive, '-C', scratch]);
    expect(sharesOf(factsOf(scratch))).toEqual(sharesOf(facts));
  });

  it('is said by check, of those that there are', () => {
    expect(checkSharing(facts).fact).toBe(
      `${gpu} can make 12 virtual functions for guests (SR-IOV), and has 2 now; xe gives the host: 20 ms on the GPU at a stretch, 40000 µs to leave it, priority low; virtual function 0: 4096 MiB of video memory, 10 ms on the GPU at a stretch, 20000 µs to leave it, priority low; virtual function 1: 8192 MiB of video memory, 10 ms on the GPU at a stretch, 20000 µs to leave it, priority low.`,
    );
  });

  it('is said once of those that have the same', () => {
    const same = {
      ...facts,
      pci: facts.pci.map((one) => {
        const {sriov} = one;
        if (sriov === null || sriov.shares === null) return one;
        const virtual = sriov.shares.virtual.map(() => ({...noShare, vramQuotaBytes: 2 ** 30}));
        return {...one, sriov: {...sriov, shares: {physical: noShare, virtual}}};
      }),
    };
    expect(checkSharing(same).fact).toMatch(/has 2 now; xe gives virtual functions 0, 1: 1024 MiB of video memory\.$/);
  });

  it('is shown where a virtual function is chosen', () => {
    expect(virtualFunctionKind.candidates(facts).map(({part}) => part?.remark)).toEqual([
      expect.stringMatching(/has 2 of 12 virtual functions now, and xe gives this one 4096 MiB of video memory, 10 ms/),
      expect.stringMatching(/has 2 of 12 virtual functions now, and xe gives this one 8192 MiB of video memory, 10 ms/),
      `${gpu} has 2 of 12 virtual functions now`,
    ]);
  });

  it('is a note of the plan, with the files where it can be changed, which count from 1', () => {
    expect(planNotes(profile)).toMatchObject([
      {
        code: 'vf-share',
        severity: 'note',
        subject: `${gpu}/virtfn1`,
        message: `xe gives ${gpu}/virtfn1 8192 MiB of video memory, 10 ms on the GPU at a stretch, 20000 µs to leave it, priority low. vfio-pilot does not change that.`,
        remedy: expect.stringContaining(`/sys/bus/pci/devices/${gpu}/sriov_admin/vf2/profile`),
      },
    ]);
    expect(planNotes(profile.replace('index: 1', 'index: 2'))).toEqual([]);
  });

  it('is unknown with a kernel that has no such files', () => {
    const older = unpackHost('arc-xe');
    rmSync(join(older, 'sys/devices/pci0000:00/0000:00:03.1', gpu, 'sriov_admin'), {recursive: true});
    expect(sharesOf(factsOf(older))).toBeNull();
    expect(checkSharing(factsOf(older)).fact).toBe(
      `${gpu} can make 12 virtual functions for guests (SR-IOV), and has 2 now.`,
    );
    expect(virtualFunctionKind.candidates(factsOf(older)).map(({part}) => part?.remark)).toEqual(
      Array.from({length: 3}, () => `${gpu} has 2 of 12 virtual functions now`),
    );
  });

  it('is left out where the parts of the GPU differ in it', () => {
    const odd = unpackHost('arc-xe');
    writeFileSync(join(odd, 'sys/bus/pci/devices', gpu, 'sriov_admin/vf2/profile/exec_quantum_ms'), '');
    expect(sharesOf(factsOf(odd))?.virtual[1]).toMatchObject({execQuantumMs: null, preemptTimeoutUs: 20_000});
  });

  it('is said in the units of a person', () => {
    expect(describeShare(noShare)).toBeNull();
    expect(describeShare({execQuantumMs: 0, preemptTimeoutUs: 0, schedPriority: 'normal', vramQuotaBytes: 0})).toBe(
      'no video memory yet, the GPU without a time limit, priority normal',
    );
    expect(describeShare({...noShare, schedPriority: 'high'})).toBe('priority high');
  });
});
