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

it('nothing is said of a guest that is off', () => {
  expect(statuses(running(null, 0, false))).toEqual([]);
});
