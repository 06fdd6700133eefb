import {describe, expect, it} from 'vitest';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../../src/hypervisor/kvm/domain/new-domain.ts';
import type {KvmPlan} from '../../../src/hypervisor/kvm/kvm-plan.ts';
import type {KvmGuestPlan} from '../../../src/plan/plan.ts';
import {domain, sampleFacts, windows11, withGuest} from './sample.ts';
import {schemaProblem, skipsSchema} from './schema.ts';

const lookingGlass = {name: 'looking-glass', kvmfrDevice: null, sizeMiB: 64, user: 'alice', release: 'auto'} as const;

const planned = (guest: Partial<KvmGuestPlan> = {}): KvmPlan => ({
  ...windows11,
  guest: {...windows11.guest, lookingGlass, screen: 'spice', ...guest},
});

const created = (plan: KvmPlan): string => {
  const result = renderNewDomain(plan, sampleFacts());
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};

const edited = (xml: string, plan: KvmPlan): string => {
  const result = editDomain(xml, {...plan, guest: {...plan.guest, isNew: false}}, sampleFacts(), plan.guest.path);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};

const phases = ['install', 'prepare', 'run'] as const;
const parts = (xml: string) => ({
  hasMemory: xml.includes('<shmem'),
  screens: [...xml.matchAll(/<graphics type='(\w+)'/g)].map(([, type]) => type),
  video: /<video>\s*<model type='(\w+)'/.exec(xml)?.[1],
});

const expected = {
  install: {hasMemory: false, screens: ['spice'], video: 'vga'},
  prepare: {hasMemory: true, screens: ['spice'], video: 'vga'},
  run: {hasMemory: true, screens: ['spice'], video: 'none'},
};

describe('Looking Glass in a domain', () => {
  it.each(phases.flatMap((from) => phases.map((to) => [from, to] as const)))(
    'has memory and SPICE of its phase from %s to %s, and finds nothing to do then',
    (from, to) => {
      const moved = edited(created(planned({phase: from})), planned({phase: to}));
      expect(parts(moved)).toEqual(expected[to]);
      expect(edited(moved, planned({phase: to}))).toBe(moved);
    },
  );

  it('has sound through SPICE where the guest is made or prepared for it, and a silent guest stays silent', () => {
    const sound = "<sound model='ich9'/>";
    expect(created(planned({phase: null}))).toContain(sound);
    expect(created(planned({phase: 'run'}))).toContain(sound);
    expect(created(planned({phase: null, screen: 'vnc'}))).not.toContain('<sound');
    const installed = created(planned({phase: 'install'}));
    expect(installed).not.toContain('<sound');
    const prepared = edited(installed, planned({phase: 'prepare'}));
    expect(prepared.match(/<sound /g)).toHaveLength(1);
    expect(edited(prepared, planned({phase: 'run'}))).toContain(sound);
    expect(edited(domain('', ''), withGuest({lookingGlass, screen: 'spice'}))).not.toContain('<sound');
  });

  it('comes to a guest that exists next to the screen that it has', () => {
    const before = domain('', "    <graphics type='vnc' port='-1'/>\n");
    const after = edited(before, withGuest({lookingGlass, screen: 'spice'}));
    expect(parts(after).screens).toEqual(['vnc', 'spice']);
    expect(edited(after, withGuest({lookingGlass, screen: 'spice'}))).toBe(after);
  });

  it('keeps a size in other words, and replaces another one', () => {
    const with64 = (size: string): string =>
      domain(
        '',
        `    <shmem name='looking-glass'>\n      <model type='ivshmem-plain'/>\n      ${size}\n    </shmem>\n`,
      );
    const plan = withGuest({lookingGlass});
    expect(edited(with64("<size unit='KiB'>65536</size>"), plan)).toContain("<size unit='KiB'>65536</size>");
    expect(edited(with64("<size unit='M'>32</size>"), plan)).toContain("<size unit='M'>64</size>");
  });

  it.skipIf(skipsSchema).each([null, ...phases])(
    'is a domain that the schema of libvirt accepts in the phase %s',
    (phase) => {
      expect(schemaProblem(created(planned({phase})))).toBeNull();
      const plain = created({...windows11, guest: {...windows11.guest, phase}});
      expect(schemaProblem(edited(plain, planned({phase})))).toBeNull();
    },
  );
});
