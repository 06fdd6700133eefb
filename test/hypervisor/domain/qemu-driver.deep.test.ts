import {describe, expect, it} from 'vitest';
import {isFileChange} from '../../../src/changes/change.ts';
import {previewChanges} from '../../../src/changes/preview.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../../src/hypervisor/kvm/domain/new-domain.ts';
import type {KvmPlan} from '../../../src/hypervisor/kvm/kvm-plan.ts';
import {proposeProfile} from '../../../src/pipeline/propose-profile.ts';
import type {GuestPhase, GuestSystem, Profile} from '../../../src/profile/profile.ts';
import {openSource} from '../../../src/system/source.ts';
import {unpackHost} from '../../support/host-tree.ts';
import {defineAll, hasQemuDriver} from './qemu-driver.ts';
import {sampleFacts, windows11} from './sample.ts';

const systems: readonly GuestSystem[] = ['windows-11', 'windows-10', 'linux', 'other'];
const phases: readonly (GuestPhase | null)[] = [null, 'install', 'prepare', 'run'];
const firmwares = ['auto', 'uefi', 'uefi-secure', 'bios'] as const;
/** Most of them change what is rendered; nothing of it depends on a libvirt newer than 10.0. */
const versions = ['4.0.0', '5.2.0', '6.0.0', '7.0.0', '7.2.0', '8.7.0', '9.0.0', '10.0.0', '12.8.0'];

const factsOf = (host: string): HostFacts => readHost(openSource(unpackHost(host), null));
const cards: readonly (readonly [host: string, identities: readonly string[]])[] = [
  ['ryzen-two-cards', ['0000:0a:00.0']],
  ['sriov-nic', ['0000:0a:00.0/virtfn0']],
  ['gvt-laptop', ['0000:00:02.0/i915-GVTg_V5_4']],
  ['dual-socket-1gib', []],
];

const withVersion = (facts: HostFacts, version: string): HostFacts =>
  facts.virtualisation.kind === 'kvm' ? {...facts, virtualisation: {...facts.virtualisation, version}} : facts;

/** A guest with fewer resources than is proposed: what it takes of the host is not what is tested. */
const guestOf = (facts: HostFacts, identities: readonly string[], guest: Partial<Profile['guest']>): Profile => {
  const proposed = proposeProfile(facts, identities);
  return {
    ...proposed,
    cpu: {...proposed.cpu, vcpus: 2},
    memory: {...proposed.memory, sizeMiB: 2048},
    host: {...proposed.host, allowUnsafeInterrupts: true},
    guest: {
      ...proposed.guest,
      name: 'guest',
      cdrom: '/srv/install.iso',
      drivers: '/srv/drivers.iso',
      diskSizeMiB: 65_536,
      ...guest,
    },
  };
};

const render = (facts: HostFacts, profile: Profile): string => {
  const {changes, findings} = previewChanges(facts, profile);
  const domain = changes.filter(isFileChange).find(({path}) => path === '/etc/libvirt/qemu/guest.xml');
  const text = domain?.content?.text;
  if (text === undefined) throw new Error(findings.map(({message}) => message).join('\n') || 'no domain was planned');
  return text;
};

type Rendered = {readonly title: string; readonly xml: string};

const refusals = (guests: readonly Rendered[]): readonly string[] => {
  const defined = defineAll(guests.map(({xml}) => xml));
  return guests.flatMap(({title}, index) => (defined[index]?.xml === null ? [`${title}: ${defined[index].said}`] : []));
};

describe.skipIf(!hasQemuDriver)("libvirt's own driver of QEMU (skipped where it is not installed)", () => {
  it.each(cards)('defines every guest of every phase and system that is planned on %s', (host, identities) => {
    const facts = factsOf(host);
    const guests = systems.flatMap((os) =>
      phases.flatMap((phase) =>
        firmwares.map((firmware) => ({
          title: `${os}, ${phase}, ${firmware}`,
          xml: render(
            facts,
            guestOf(facts, identities, {os, phase, firmware, ...(phase === null ? {drivers: null} : {})}),
          ),
        })),
      ),
    );
    expect(guests).toHaveLength(64);
    expect(refusals(guests)).toEqual([]);
  });

  it.each(['ryzen-two-cards', 'dual-socket-1gib'])(
    'defines what is planned on %s for older and newer libvirt',
    (host) => {
      const facts = factsOf(host);
      const identities = cards.find(([name]) => name === host)?.[1] ?? [];
      const guests = versions.flatMap((version) =>
        systems.map((os) => ({
          title: `${version}, ${os}`,
          xml: render(withVersion(facts, version), guestOf(facts, identities, {os})),
        })),
      );
      expect(refusals(guests)).toEqual([]);
    },
  );

  it('takes each phase as an edit of what it wrote itself, forwards and back', () => {
    const way = ['install', 'prepare', 'run', 'prepare', 'install'] as const;
    const planned = (phase: GuestPhase, isNew: boolean): KvmPlan => ({
      ...windows11,
      guest: {...windows11.guest, cdrom: '/srv/Win11.iso', drivers: '/srv/virtio-win.iso', phase, isNew},
    });
    let xml = '';
    for (const [index, phase] of way.entries()) {
      const plan = planned(phase, index === 0);
      const made = index === 0 ? renderNewDomain(plan, sampleFacts()) : editDomain(xml, plan, sampleFacts(), 'x');
      if (!made.ok) throw new Error(made.findings.map(({message}) => message).join('\n'));
      const [defined] = defineAll([made.xml]);
      expect([phase, defined?.said, defined?.xml === null]).toEqual([phase, '', false]);
      xml = defined?.xml ?? '';
      expect([phase, xml.match(/<hostdev /g)?.length ?? 0]).toEqual([phase, phase === 'install' ? 0 : 2]);
    }
  });

  it('refuses a domain that is wrong, and says why', () => {
    const facts = factsOf('ryzen-two-cards');
    const xml = render(facts, guestOf(facts, ['0000:0a:00.0'], {os: 'linux'}));
    const [twoTpms, good, foreign] = defineAll([
      xml.replace(
        '</devices>',
        `${"<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>".repeat(2)}</devices>`,
      ),
      xml,
      xml.replace('<memballoon', '<nonsense/><memballoon'),
    ]);
    expect(twoTpms).toMatchObject({xml: null, said: expect.stringContaining('TPM') as string});
    expect(good).toMatchObject({said: ''});
    expect(foreign).toMatchObject({xml: null, said: expect.stringContaining('validate') as string});
  });
});
