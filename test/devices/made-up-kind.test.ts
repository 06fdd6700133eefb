import {describe, expect, it} from 'vitest';
import {renderOwned} from '../../src/artifacts/rendered.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import type {DeviceKind} from '../../src/devices/device-kind.ts';
import {deviceKinds} from '../../src/devices/device-kinds.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {type Ports, servedPorts} from '../../src/pipeline/ports.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {deviceFormat} from '../../src/profile/device-format.ts';
import type {ProfileDevice} from '../../src/profile/profile.ts';
import {plainName} from '../../src/profile/scalars.ts';
import {nothingWritten} from '../../src/verify/verify-files.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';

/** A part of a card, known by a name: the host keeps the card and its driver, and a unit makes the part at boot. */
type Slice = {readonly kind: 'slice'; readonly slice: string};

const parent = '0000:06:00.0';
const made = '0000:06:02.0';
const unit = '/etc/systemd/system/vfio-pilot-slices.service';
const isSlice = (device: ProfileDevice): device is Slice => device.kind === 'slice';

const format = deviceFormat<Slice>({
  kind: 'slice',
  marker: 'slice',
  version: 2,
  keys: {slice: {key: 'slice', codec: plainName, meaning: 'Name of the slice.'}},
  is: isSlice,
  make: (values) => ({kind: 'slice', ...values}),
  identity: ({slice}) => `slice ${slice}`,
  addresses: () => [],
});

/** The folder of this kind. */
const sliceKind: DeviceKind = {
  ...format,
  match: (context, device, path) => {
    const {facts} = context;
    if (!isSlice(device) || !facts.pci.some(({address}) => address === parent)) {
      context.report('blocker', 'device-missing', {
        subject: format.identity(device),
        path: `${path}.slice`,
        message: 'No card here can be cut into slices.',
        remedy: 'Name another device.',
      });
      return null;
    }
    return {
      kind: 'slice',
      path: `${path}.slice`,
      name: format.identity(device),
      functions: [],
      hostdevs: [made],
      isDisplay: true,
      numaNode: 0,
      judge: (judging) =>
        judging.report('note', 'device-is-virtual', {
          subject: format.identity(device),
          message: 'A slice is there only after the unit has made it.',
          remedy: 'Nothing to do.',
        }),
      plan: () => ({
        kind: 'slice',
        address: null,
        id: null,
        name: device.slice,
        class: null,
        iommuGroup: null,
        numaNode: 0,
        driver: null,
        bindBy: null,
        slice: device.slice,
        assigned: {type: 'pci', address: made, rom: null},
      }),
    };
  },
  complete: () => [],
  prepare: (facts, plan) =>
    renderOwned(
      facts,
      unit,
      plan.devices
        .flatMap(({kind, name}) => (kind === 'slice' ? [`ExecStart=/bin/make-slice ${name}\n`] : []))
        .join(''),
      0o644,
      'Makes the slices.',
    ),
  promises: (facts, _plan, {name}) => [
    {
      id: 'slice',
      status: facts.pci.some(({address}) => address === made) ? 'kept' : 'broken',
      promise: `Slice ${name} is there.`,
      fact: '',
      remedy: null,
    },
  ],
  files: [],
  understand: (_facts, words) => (words === 'slice a' ? {ok: true, identity: words} : null),
  whyInUse: () => null,
  probes: {},
  candidates: () => [{kind: 'slice', identities: ['slice a'], functions: [], part: null, isDisplay: false}],
  propose: (_facts, identities) =>
    identities.flatMap((one): readonly Slice[] =>
      one.startsWith('slice ') ? [{kind: 'slice', slice: one.slice('slice '.length)}] : [],
    ),
};

/** The one line in the table. */
const ports: Ports = {...servedPorts, deviceKinds: [...deviceKinds, sliceKind]};

const text = `version: 2
name: sliced
devices:
  - slice: a
cpu:
  vcpus: 4
memory:
  size: 4 GiB
guest:
  name: sliced
`;
const decode = (yaml: string) => decodeProfile(yaml, 'sliced.yaml', ports.deviceKinds);

const grub = sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'});

const planned = (facts: HostFacts = sampleFacts(undefined, {files: grub})) => {
  const {profile} = decode(text);
  if (profile === null) throw new Error('the profile is not decoded');
  return previewChanges(facts, profile, undefined, ports);
};

describe('a kind of device that only this file knows', () => {
  it('is decoded from a profile, and written as it was', () => {
    const {profile, findings} = decode(text);
    expect(findings).toEqual([]);
    expect(profile?.devices).toEqual([{kind: 'slice', slice: 'a'}]);
    if (profile === null) return;
    const written = encodeProfile({...profile, version: 1}, {'slice a': 'A slice of the card'}, ports.deviceKinds);
    expect(written).toContain('version: 2\n');
    expect(written).toContain('# A slice of the card');
    expect(decode(written).profile).toEqual(profile);
  });

  it('needs the version of the format that has it, and is once in the file', () => {
    expect(decode(text.replace('version: 2', 'version: 1')).findings).toMatchObject([
      {code: 'profile-bad-value', subject: 'devices[0].slice', remedy: 'Write `version: 2`.'},
    ]);
    expect(decode(text.replace('  - slice: a\n', '  - slice: a\n  - slice: a\n')).findings).toMatchObject([
      {subject: 'devices[1].slice', message: 'The device slice a is listed twice.'},
    ]);
  });

  it('is not known to the table without its line', () => {
    expect(decodeProfile(text, 'sliced.yaml').profile).toBeNull();
  });

  it('is matched and planned: the host keeps the card, and the guest gets the part', () => {
    const {plan, findings, changes} = planned();
    expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({code: 'device-is-virtual', subject: 'slice a'}));
    expect(plan.devices).toMatchObject([{kind: 'slice', address: null, slice: 'a'}]);
    expect(plan.binding).toMatchObject({byAddress: [], softdeps: []});
    expect(plan.decisions).toContainEqual(expect.objectContaining({subject: 'cpu.node', choice: 'node 0'}));
    const diffOf = (path: string) => changes.find((change) => change.path === path)?.diff;
    expect(diffOf(unit)).toContain('+ExecStart=/bin/make-slice a');
    expect(diffOf('/etc/libvirt/qemu/sliced.xml')).toContain("bus='0x06' slot='0x02' function='0x0'");
  });

  it('blocks the plan where it is not there', () => {
    expect(planned(sampleFacts(undefined, {pci: []})).findings).toContainEqual(
      expect.objectContaining({severity: 'blocker', code: 'device-missing', subject: 'slice a'}),
    );
  });

  it('is verified: by its own promise, and by the unit that was written for it', () => {
    const {plan} = planned();
    const applied = {version: 3, plan, bootId: 'before'} as const;
    const without = verifyPlan(sampleFacts(), applied, 'after', {}, nothingWritten, ports);
    expect(without).toContainEqual(expect.objectContaining({id: 'slice', status: 'broken'}));
    expect(without).toContainEqual(
      expect.objectContaining({id: 'file', status: 'broken', promise: expect.stringContaining(unit)}),
    );
    const facts = sampleFacts(undefined, {
      pci: [...samplePciFunctions, samplePci(made, {})],
      files: {
        ...sampleFacts().files,
        [unit]: sampleFile(unit, 'Generated by vfio-pilot\nExecStart=/bin/make-slice a\n'),
      },
    });
    const results = verifyPlan(facts, applied, 'after', {}, nothingWritten, ports);
    expect(results).toContainEqual(expect.objectContaining({id: 'slice', status: 'kept'}));
  });

  it('is proposed, next to a whole function', () => {
    const {devices} = proposeProfile(sampleFacts(), ['slice b', '0000:06:00.0'], ports);
    expect(devices.map(({kind}) => kind)).toEqual(['function', 'function', 'slice']);
  });

  it('has no unit left when the next plan has no slice', () => {
    const profile = proposeProfile(sampleFacts(), ['0000:06:00.0'], ports);
    const facts = sampleFacts(undefined, {files: {[unit]: sampleFile(unit, '# Generated by vfio-pilot\n')}});
    expect(previewChanges(facts, profile, undefined, ports).changes).toContainEqual(
      expect.objectContaining({path: unit, kind: 'remove'}),
    );
  });
});
