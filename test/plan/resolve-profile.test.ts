import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {keepWritten} from '../../src/pipeline/keep-written.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {resolveProfile} from '../../src/pipeline/resolve-profile.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';

const read = (name: string): HostFacts => readHost(openSource(unpackHost(name), null));
const twins = read('two-identical-cards');
const r710 = read('dell-r710-gtx1050');
const laptop = read('laptop-optimus');

const written = (devices: string, {cpu = 'vcpus: 4', memory = 'size: 4 GiB', version = 2} = {}): string =>
  `version: ${version}\nname: fleet\ndevices:\n${devices}cpu: {${cpu}}\nmemory: {${memory}}\nguest: {name: win}\n`;
const decoded = (text: string) => {
  const {profile, findings, positionOf} = decodeProfile(text, 'fleet.yaml');
  if (profile === null) throw new Error(findings.map(({message}) => message).join(' '));
  return {profile, positionOf};
};
const resolved = (facts: HostFacts, devices: string, sizes = {}) => {
  const {profile, positionOf} = decoded(written(devices, sizes));
  return resolveProfile(facts, profile, positionOf);
};
const item = (match: string): string => `  - match: {${match}}\n`;
const addresses = (facts: HostFacts, match: string): readonly unknown[] =>
  resolved(facts, item(match)).profile.devices.map(({address}) => address);

describe('a selector', () => {
  it.each<[string, HostFacts, string, string]>([
    ['the free one of two equal cards', twins, 'id: 10de:2504, boot: no', '0000:0b:00.0'],
    ['the one that shows the boot', twins, 'id: 10de:2504, boot: yes', '0000:0a:00.0'],
    ['the first of several', twins, 'id: 10de:2504, nth: 1', '0000:0a:00.0'],
    ['the second of several', twins, 'class: 0300, nth: 2', '0000:0b:00.0'],
    ['the card of a slot', twins, 'class: 03, slot: 0000:00:03.2', '0000:0b:00.0'],
    ['a card by its board', r710, 'subsystem: 1028:0236, class: 03', '0000:07:03.0'],
    ['another host’s card by the same words', r710, 'class: 0300, boot: no', '0000:06:00.0'],
    ['a card without outputs', laptop, 'class: 0302', '0000:01:00.0'],
  ])('finds %s', (_, facts, match, address) => expect(addresses(facts, match)).toEqual([address]));

  it('goes by the node where the firmware says it', () => {
    const facts = {...twins, pci: twins.pci.map((one) => ({...one, numaNode: one.address === '0000:0b:00.0' ? 1 : 0}))};
    expect(addresses(facts, 'id: 10de:2504, node: 1')).toEqual(['0000:0b:00.0']);
  });

  it('that fits several functions is refused with each of them, at its place in the file', () => {
    const {profile, findings} = resolved(twins, item('id: 10de:2504'));
    expect(profile.devices).toEqual([]);
    expect(findings).toMatchObject([
      {
        code: 'selector-ambiguous',
        severity: 'blocker',
        at: {file: 'fleet.yaml', line: 4, column: 12},
        message: expect.stringMatching(/^2 functions .* 0000:0a:00\.0 \(.*\); 0000:0b:00\.0 \(/) as string,
      },
    ]);
  });

  it('that fits nothing is refused, with what one condition alone speaks against', () => {
    const {findings} = resolved(twins, item('id: 10de:2504, class: 0302'));
    expect(findings).toMatchObject([{code: 'selector-no-match'}]);
    expect(findings[0]?.message).toMatch(/Nearly: 0000:0a:00\.0 .*0000:0b:00\.0/);
    expect(resolved(twins, item('id: 10de:2504, nth: 3')).findings[0]?.message).toMatch(/There are 2: 0000:0a:00\.0/);
    expect(resolved(twins, item('id: dead:beef')).findings[0]?.message).not.toMatch(/Nearly/);
  });

  it('never takes a bridge or a virtual function, and each function once', () => {
    expect(resolved(twins, item('class: 0604')).findings).toMatchObject([{code: 'selector-no-match'}]);
    const twice = resolved(twins, item('id: 10de:2504, boot: no') + item('slot: 0000:00:03.2, class: 03'));
    expect(twice.findings).toMatchObject([{code: 'selector-twice', subject: 'devices[1].match'}]);
    const [card] = twins.pci.filter(({address}) => address === '0000:0b:00.0');
    if (card === undefined) throw new Error('the host lost its card');
    const part = {...card, address: '0000:0b:10.0' as const, physicalFunction: card.address};
    expect(addresses({...twins, pci: [...twins.pci, part]}, 'id: 10de:2504, boot: no')).toEqual(['0000:0b:00.0']);
  });

  it('is planned like the address, with the functions that go along and the reason', () => {
    const {profile, positionOf} = decoded(written(item('id: 10de:2504, boot: no')));
    const {plan, findings} = planPassthrough(twins, profile, positionOf);
    const byAddress = planPassthrough(
      twins,
      decoded(written('  - {address: 0000:0b:00.0, id: 10de:2504}\n', {version: 1})).profile,
    );
    expect(plan.devices).toEqual(byAddress.plan.devices);
    expect(findings.map(({code}) => code)).toEqual(byAddress.findings.map(({code}) => code));
    expect(plan.decisions[0]).toMatchObject({subject: 'devices', choice: '0000:0b:00.0'});
  });

  it('blocks a plan that it cannot be found for, and keeps the places of what follows it', () => {
    const {profile, positionOf} = decoded(written(`${item('id: dead:beef')}  - {address: 0000:ff:00.0}\n`));
    const {findings} = planPassthrough(twins, profile, positionOf);
    expect(findings.find(({code}) => code === 'selector-no-match')?.at?.line).toBe(4);
    expect(findings.find(({code}) => code === 'device-missing')?.at?.line).toBe(5);
  });
});

describe('a share', () => {
  it('is of the node of the card, all threads of whole cores', () => {
    const {profile, decisions} = resolved(r710, item('class: 0300, boot: no'), {
      cpu: 'vcpus: all but 2 cores, node: 0',
      memory: 'size: all but 8 GiB',
    });
    expect([profile.cpu.vcpus, profile.memory.sizeMiB]).toEqual([8, 15 * 1024]);
    expect(decisions.slice(1)).toEqual([
      {
        subject: 'cpu.vcpus',
        choice: '8',
        because: 'the profile gives the guest all but 2 of the 6 cores of node 0',
      },
      {
        subject: 'memory.size',
        choice: '15 GiB',
        because: 'the profile gives the guest all but 8192 MiB of node 0, which has 24157 MiB, in whole GiB',
      },
    ]);
  });

  it('counts performance cores where there are two kinds', () => {
    const cpus = twins.cpu.cpus.map((cpu) => ({
      ...cpu,
      kind: cpu.id % 4 === 0 ? ('performance' as const) : ('efficiency' as const),
      siblings: [cpu.id],
    }));
    const {profile, decisions} = resolved({...twins, cpu: {...twins.cpu, cpus}}, item('id: 10de:2504, boot: no'), {
      cpu: 'vcpus: all but 1 core',
    });
    expect(profile.cpu.vcpus).toBe(cpus.length / 4 - 1);
    expect(decisions[1]?.because).toContain('performance cores');
  });

  it('that leaves nothing is a blocker at its place', () => {
    const {findings} = resolved(laptop, item('class: 0302'), {
      cpu: 'vcpus: all but 6 cores',
      memory: 'size: all but 999 GiB',
    });
    expect(findings.map(({code, at}) => [code, at?.line])).toEqual([
      ['share-impossible', 5],
      ['share-impossible', 6],
    ]);
  });
});

describe('what was chosen on one host', () => {
  const text = written(item('id: 10de:2504, boot: no') + item('id: dead:beef'), {
    cpu: 'vcpus: all but 1 core',
    memory: 'size: all but 8 GiB',
  });
  const {profile: file} = decoded(text);
  const {profile: here} = resolveProfile(twins, file);
  const [device] = here.devices;
  if (device === undefined) throw new Error('the card was not found');

  it('is written as the file had it, an item that means nothing here as well', () =>
    expect(keepWritten(twins, file, here)).toEqual(file));

  it('keeps the selector of a card that stays, with the ROM that it got', () => {
    const added = {...device, address: '0000:0a:00.0'};
    const {devices} = keepWritten(twins, file, {...here, devices: [{...device, rom: '/srv/card.rom'}, added]});
    expect(devices).toEqual([{...file.devices[0], rom: '/srv/card.rom'}, added]);
  });

  it('is another card, or another size: then it is written so', () => {
    const other = {...device, address: '0000:0a:00.0'};
    const chosen = {...here, devices: [other], cpu: {...here.cpu, vcpus: 2}, memory: {...here.memory, sizeMiB: 4096}};
    expect(keepWritten(twins, file, chosen)).toEqual(chosen);
  });

  it('names CPUs, which do not go with a share', () => {
    const pins = Array.from({length: here.cpu.vcpus}, (_, cpu) => cpu);
    expect(keepWritten(twins, file, {...here, cpu: {...here.cpu, pins}}).cpu.vcpus).toBe(here.cpu.vcpus);
  });

  it('is on another node, where the share would be another size', () => {
    const bySize = decoded(written('  - {address: 0000:06:00.0}\n', {memory: 'size: all but 8 GiB'})).profile;
    const {profile: onDell} = resolveProfile(r710, bySize);
    const moved = {...onDell, cpu: {...onDell.cpu, node: 1}};
    const means = resolveProfile(r710, {...bySize, cpu: {...bySize.cpu, node: 1}}).profile.memory.sizeMiB;
    expect(keepWritten(r710, bySize, onDell).memory.sizeMiB).toEqual({leftMiB: 8192});
    expect(keepWritten(r710, bySize, moved).memory.sizeMiB).toEqual(
      means === onDell.memory.sizeMiB ? {leftMiB: 8192} : onDell.memory.sizeMiB,
    );
  });
});

describe('the file', () => {
  it('is written as it was read', () => {
    const text = written(item('id: 10de:2504, boot: no, nth: 1'), {
      cpu: 'vcpus: all but 1 core',
      memory: 'size: all but 512 MiB',
    });
    const {profile} = decoded(text);
    const encoded = encodeProfile(profile);
    expect(encoded).toContain('vcpus: all but 1 core\n');
    expect(encoded).toContain('size: all but 512 MiB\n');
    expect(decoded(encoded).profile).toEqual(profile);
  });

  it.each<[string, string, RegExp]>([
    ['a selector in version 1', written(item('class: 03'), {version: 1}), /no devices with `match`/],
    [
      'a share in version 1',
      written('  - address: 0a:00.0\n', {cpu: 'vcpus: all but 1 core', version: 1}),
      /no share in `cpu\.vcpus`/,
    ],
    [
      'a share that is none',
      written(item('class: 03'), {cpu: 'vcpus: all but two'}),
      /`all but two` is not a share of cores/,
    ],
    [
      'a share of memory without a unit',
      written(item('class: 03'), {memory: 'size: all but 8'}),
      /is not a share of memory/,
    ],
    [
      'pins with a share',
      written(item('class: 03'), {cpu: 'vcpus: all but 1 core, pins: [1]'}),
      /names the CPUs of one host/,
    ],
    ['a condition that there is not', written(item('vendor: 10de')), /has no key `vendor`/],
    ['a class that is none', written(item('class: vga')), /is not the beginning of a PCI class/],
  ])('refuses %s', (_, text, message) => {
    const {profile, findings} = decodeProfile(text, 'fleet.yaml');
    expect(profile).toBeNull();
    expect(findings.map((finding) => finding.message).join('\n')).toMatch(message);
  });
});
