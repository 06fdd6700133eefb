import {describe, expect, it} from 'vitest';
import {vfio} from '../../src/binding/vfio/vfio.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleFile} from '../support/sample-plan.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const card = '0000:06:00.0';
const pci = samplePciFunctions.filter((one) => one.address === card || !one.class.startsWith('03'));
const needs = [
  {address: card, kind: 'display', chain: `a screen on HDMI-A-1 → card0 → ${card}`, spares: []},
  {address: card, kind: 'console', chain: `firmware console (boot VGA) → ${card}`, spares: []},
] as const;
const onlyCard = (overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(defaultShape, {pci, needs, ...overrides});
const decide = (facts: HostFacts, binding: 'auto' | 'libvirt' | 'handover') => {
  const {plan, findings} = planPassthrough(facts, sampleProfile({binding}));
  return {plan, blockers: findings.filter(({severity}) => severity === 'blocker').map(({code}) => code), findings};
};

describe('failure mode 1: a host with one card', () => {
  it.each(['auto', 'libvirt'] as const)('does not lose it with binding: %s, and mentions the handover', (binding) => {
    const {blockers, findings, plan} = decide(onlyCard(), binding);
    expect(blockers).toEqual(['device-drives-console', 'device-drives-console', 'only-gpu']);
    expect(findings.find(({code}) => code === 'only-gpu')?.remedy).toContain('binding: handover');
    expect(plan.handover).toBeNull();
  });

  it('lends it to the guest when the profile says so, and says what that means', () => {
    const {blockers, findings, plan} = decide(onlyCard(), 'handover');
    expect(blockers).toEqual([]);
    expect(plan.handover).toEqual({functions: [card, '0000:06:00.1']});
    expect(plan.devices.map(({bindBy}) => bindBy)).toEqual(['libvirt', 'libvirt']);
    expect(plan.binding).toMatchObject({byAddress: [], softdeps: [], initramfsModules: []});
    const told = findings.find(({code}) => code === 'handover-screen');
    expect(told?.severity).toBe('warning');
    for (const words of ['every graphical session', 'keyboard and a mouse of its own', 'after a start that failed'])
      expect(told?.message).toContain(words);
  });

  it('still loses nothing else with it', () => {
    const disk = {address: card, kind: 'root', chain: `/ is on sda1 → ${card}`, spares: []} as const;
    expect(decide(onlyCard({needs: [...needs, disk]}), 'handover').blockers).toEqual(['device-needed-by-host']);
  });

  it('warns of an older set-up that gives the card to vfio-pci at boot', () => {
    const file = sampleFile('/etc/modprobe.d/vfio.conf', 'options vfio-pci ids=10de:1c81,10de:0fb9\n');
    const facts = onlyCard({files: {[file.path]: file}});
    const messages = vfio.render(facts, decide(facts, 'handover').plan).findings.map(({message}) => message);
    expect(messages.join()).toContain('its screen stays dark');
  });

  it('is noted when another card makes the handover needless', () => {
    const {findings, blockers} = decide(sampleFacts(), 'handover');
    expect(blockers).toEqual([]);
    expect(findings.find(({code}) => code === 'handover-needless')?.message).toContain('0000:0a:03.0');
    expect(decide(onlyCard(), 'handover').findings.map(({code}) => code)).not.toContain('handover-needless');
  });

  it('failure mode 38: does not hand over where the guest starts with the host, or where libvirt runs no hooks', () => {
    const libvirt = libvirtOf(onlyCard());
    const old = decide(onlyCard({virtualisation: {...libvirt, version: '6.0.0'}}), 'handover');
    expect(old.findings.find(({code}) => code === 'handover-impossible')?.message).toContain(
      'libvirt 6.0.0 runs no hooks in qemu.d',
    );
    const domain = {
      name: 'win10',
      uuid: null,
      path: '/etc/libvirt/qemu/win10.xml',
      xml: '<domain/>',
      isActive: false,
      isAutostart: true,
    };
    expect(decide(onlyCard({virtualisation: {...libvirt, domains: [domain]}}), 'handover').blockers).toContain(
      'handover-impossible',
    );
  });

  it('hands over nothing but graphics cards', () => {
    const {findings, plan} = planPassthrough(
      onlyCard(),
      sampleProfile({
        binding: 'handover',
        devices: [sampleDevice('0000:00:07.0')],
      }),
    );
    expect(findings.find(({code}) => code === 'handover-impossible')?.message).toContain('no graphics card');
    expect(plan.handover).toBeNull();
  });
});
