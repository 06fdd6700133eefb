import {describe, expect, it} from 'vitest';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../../src/hypervisor/kvm/domain/new-domain.ts';
import type {KvmPlan} from '../../../src/hypervisor/kvm/kvm-plan.ts';
import type {KvmGuestPlan, SoundPlan} from '../../../src/plan/plan.ts';
import {defineAll, hasQemuDriver} from './qemu-driver.ts';
import {domain, sampleFacts, windows11, withGuest} from './sample.ts';
import {schemaProblem, skipsSchema} from './schema.ts';

const spice: SoundPlan = {backend: 'spice', runtimeDir: null};
const pipewire: SoundPlan = {backend: 'pipewire', runtimeDir: '/run/user/1000'};

const planned = (guest: Partial<KvmGuestPlan> = {}): KvmPlan => ({
  ...windows11,
  guest: {...windows11.guest, sound: spice, screen: 'spice', ...guest},
});

const created = (plan: KvmPlan, facts = sampleFacts()): string => {
  const result = renderNewDomain(plan, facts);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};

const edited = (xml: string, plan: KvmPlan, facts = sampleFacts()): string => {
  const result = editDomain(xml, {...plan, guest: {...plan.guest, isNew: false}}, facts, plan.guest.path);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};

const phases = ['install', 'prepare', 'run'] as const;
const partsOf = (xml: string): string => [...xml.matchAll(/<(?:sound|audio) [^>]*>/g)].map(([tag]) => tag).join('');
const card = (id = '1'): string => `<sound model='ich9'><audio id='${id}'/>`;

describe('sound in a domain', () => {
  it.each(phases.flatMap((from) => phases.map((to) => [from, to] as const)))(
    'through SPICE comes and goes with its screen from %s to %s, and finds nothing to do then',
    (from, to) => {
      const moved = edited(created(planned({phase: from})), planned({phase: to}));
      expect(partsOf(moved)).toBe(to === 'run' ? '' : `${card()}<audio id='1' type='spice'/>`);
      expect(edited(moved, planned({phase: to}))).toBe(moved);
    },
  );

  it('through PipeWire is there in each phase, next to any screen', () => {
    const plan = (phase: KvmGuestPlan['phase']) => planned({phase, sound: pipewire, screen: 'vnc'});
    const player = "<audio id='1' type='pipewire' runtimeDir='/run/user/1000'/>";
    for (const phase of [null, ...phases]) expect(partsOf(created(plan(phase)))).toBe(`${card()}${player}`);
    const other = edited(
      created(plan(null)),
      planned({sound: {...pipewire, runtimeDir: '/run/user/7'}, screen: 'vnc'}),
    );
    expect(partsOf(other)).toContain("runtimeDir='/run/user/7'");
  });

  it('stays in a guest that has it, whose card plays elsewhere from then on', () => {
    const before = domain(
      '',
      `    <graphics type='spice' autoport='yes'/>\n    <sound model='ac97'>\n      <address type='pci' slot='0x05'/>\n    </sound>\n    <audio id='1' type='none'/>\n`,
    );
    const after = edited(before, withGuest({sound: spice, screen: 'spice'}));
    expect(after).toMatch(/<sound model='ac97'>\s*<audio id='2'\/>\s*<address type='pci' slot='0x05'\/>/);
    expect(partsOf(after)).toContain("<audio id='1' type='none'/><audio id='2' type='spice'/>");
    expect(after.match(/<graphics /g)).toHaveLength(1);
    expect(edited(after, withGuest({sound: spice, screen: 'spice'}))).toBe(after);
    expect(edited(before, withGuest({}))).toContain("<sound model='ac97'>\n      <address");
  });

  it('comes with a screen of SPICE to a guest that has none', () => {
    const after = edited(domain('', "    <graphics type='vnc'/>\n"), withGuest({sound: spice, screen: 'spice'}));
    expect([...after.matchAll(/<graphics type='(\w+)'/g)].map(([, type]) => type)).toEqual(['vnc', 'spice']);
  });

  it('goes where the profile wants none, also that of Looking Glass', () => {
    const none: SoundPlan = {backend: 'none', runtimeDir: null};
    expect(edited(created(planned()), planned({sound: none}))).not.toContain('<sound');
    const lookingGlass = {
      name: 'looking-glass',
      kvmfrDevice: null,
      sizeMiB: 64,
      user: 'alice',
      release: 'auto',
    } as const;
    expect(created(planned({sound: none, lookingGlass}))).not.toContain('<sound');
    expect(created(planned({sound: null, lookingGlass}))).toContain("<sound model='ich9'/>");
    expect(partsOf(created(planned({lookingGlass, phase: 'run'})))).toBe(`${card()}<audio id='1' type='spice'/>`);
  });

  it('names no backend to a libvirt of which nobody knows whether it reads that', () => {
    const facts = sampleFacts({virtualisation: {version: '7.0.0'}});
    expect(partsOf(created(planned(), facts))).toBe("<sound model='ich9'/>");
  });

  it.skipIf(skipsSchema).each([null, ...phases])(
    'through SPICE is a domain that the schema of libvirt accepts in the phase %s (PipeWire is in later ones)',
    (phase) => {
      expect(schemaProblem(created(planned({phase})))).toBeNull();
      const plain = created({...windows11, guest: {...windows11.guest, phase}});
      expect(schemaProblem(edited(plain, planned({phase})))).toBeNull();
    },
  );

  it.skipIf(!hasQemuDriver)("is what libvirt's own driver defines, and leaves as it was (skipped without it)", () => {
    const plan = planned({os: 'linux', firmware: 'uefi', hasTpm: false});
    const ran = edited(created({...plan, guest: {...plan.guest, phase: 'prepare'}}), {
      ...plan,
      guest: {...plan.guest, phase: 'run'},
    });
    const [made, shown] = defineAll([created(plan), ran]);
    expect(made?.said).toBe('');
    expect(partsOf(made?.xml ?? '')).toBe(`${card()}<audio id='1' type='spice'/>`);
    expect(shown?.said).toBe('');
    expect(shown?.xml).not.toContain('<sound');
  });
});
