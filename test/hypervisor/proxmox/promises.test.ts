import {expect, it} from 'vitest';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {guestPromises} from '../../../src/hypervisor/proxmox/promises.ts';
import {proxmoxOf} from '../../../src/hypervisor/proxmox/proxmox-facts.ts';
import {planPassthrough} from '../../../src/pipeline/plan-passthrough.ts';
import {proxmoxFacts} from '../../support/proxmox-facts.ts';
import {sampleProfile} from '../../support/sample-profile.ts';

const facts = proxmoxFacts({101: 'bios: ovmf\nmachine: q35\nname: win10\n'});
const {plan} = planPassthrough(facts, sampleProfile());

/** The same host while the guest runs on these CPUs, with so many pages of node 0 in use. */
const running = (allowedCpus: readonly number[] | null, used: number, isActive = true): HostFacts => {
  const virtualisation = proxmoxOf(facts);
  return {
    ...facts,
    nodes: facts.nodes.map((node) =>
      node.id === 0 ? {...node, hugepages: [{sizeKiB: 2048, total: 7000, free: 7000 - used, surplus: null}]} : node,
    ),
    virtualisation: {
      ...virtualisation,
      guests: virtualisation.guests.map((guest) => ({...guest, isActive, allowedCpus})),
    },
  };
};
const statuses = (host: HostFacts) => guestPromises(host, plan).map(({id, status}) => `${id} ${status}`);

it('the cores and the pages of a guest that runs are held to the plan', () => {
  const own = plan.guest.kind === 'proxmox' ? plan.guest.affinity : [];
  expect(statuses(running(own, 6144))).toEqual(['guest-affinity kept', 'guest-pages kept']);
  expect(statuses(running([...own, 0], 6143))).toEqual(['guest-affinity broken', 'guest-pages broken']);
  expect(statuses(running(null, 6144))).toEqual(['guest-affinity unknown', 'guest-pages kept']);
});

it('the thread of each vCPU is held to the plan where a hookscript pins it', () => {
  const files = {'/etc/pve/storage.cfg': 'dir: local\n\tpath /var/lib/vz\n\tcontent snippets\n'};
  const host = proxmoxFacts({101: 'bios: ovmf\nmachine: q35\nname: win10\n'}, {files});
  const pinned = planPassthrough(host, sampleProfile({guest: {hookscript: true}})).plan;
  const own = Object.fromEntries(pinned.pinning.vcpus.map(({vcpu, cpus}) => [vcpu, cpus]));
  const seen = (vcpuCpus: Readonly<Record<number, readonly number[]>>) => {
    const virtualisation = proxmoxOf(host);
    const guests = virtualisation.guests.map((guest) => ({...guest, isActive: true, allowedCpus: null, vcpuCpus}));
    return guestPromises({...host, virtualisation: {...virtualisation, guests}}, pinned).find(
      ({id}) => id === 'guest-vcpu-pins',
    );
  };
  expect(seen(own)?.status).toBe('kept');
  const other = seen({...own, 3: [0, 1]});
  expect([`${other?.id} ${other?.status}`, other?.fact]).toEqual(['guest-vcpu-pins broken', 'vCPU 3 may run on 0-1.']);
  expect(seen({})?.status).toBe('unknown');
  expect(statuses(running([], 6144)).join()).not.toContain('guest-vcpu-pins');
});

it('nothing is said of a guest that is off', () => {
  expect(statuses(running(null, 0, false))).toEqual([]);
});
