import {expect} from 'vitest';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import type {Finding} from '../../../src/findings/finding.ts';
import {nextStartOf, parseGuestConfig} from '../../../src/formats/qemu-server/config.ts';
import {renderProxmoxGuest} from '../../../src/hypervisor/proxmox/config/render-guest.ts';
import {planPassthrough} from '../../../src/pipeline/plan-passthrough.ts';
import {problemOfLine, problemsAtStart} from '../../support/proxmox-schema.ts';
import {sampleProfile} from '../../support/sample-profile.ts';

export type Wish = Parameters<typeof sampleProfile>[0];

export const win10 = `bios: ovmf
cores: 4
cpu: host
efidisk0: local-lvm:vm-101-disk-0,efitype=4m,size=4M
machine: pc-q35-9.0
memory: 8192
name: win10
scsi0: local-lvm:vm-101-disk-1,size=64G
sockets: 1
`;

export const decide = (facts: HostFacts, wish: Wish = {}) => planPassthrough(facts, sampleProfile(wish));
export const codesOf = (facts: HostFacts, wish: Wish = {}) =>
  decide(facts, wish).findings.map(({severity, code}) => `${severity} ${code}`);
export const findingOf = (facts: HostFacts, code: string, wish: Wish = {}) =>
  decide(facts, wish).findings.find((finding) => finding.code === code);

/** What rendering the guest says. */
export const renderedFindings = (facts: HostFacts, wish: Wish = {}): readonly Finding[] =>
  renderProxmoxGuest(facts, decide(facts, wish).plan).findings;

/** The lines of the guest after the edit; each is held to the schema, and all of them to what Proxmox dies of. */
export const linesOf = (facts: HostFacts, wish: Wish = {}, nodes = 2): ReadonlyMap<string, string> => {
  const {plan} = decide(facts, wish);
  const [artifact] = renderProxmoxGuest(facts, plan).artifacts;
  if (artifact?.kind !== 'file') throw new Error('there is no file');
  const lines = new Map(nextStartOf(parseGuestConfig(artifact.text)).map(({key, value}) => [key, value]));
  expect([...lines].flatMap(([key, value]) => problemOfLine(key, value) ?? [])).toEqual([]);
  expect(problemsAtStart(lines, nodes)).toEqual([]);
  return lines;
};
