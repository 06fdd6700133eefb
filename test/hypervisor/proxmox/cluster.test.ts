import {describe, expect, it} from 'vitest';
import {runChecks} from '../../../src/checks/run-checks.ts';
import {guestPromises} from '../../../src/hypervisor/proxmox/promises.ts';
import {proxmoxOf} from '../../../src/hypervisor/proxmox/proxmox-facts.ts';
import {proxmoxFacts} from '../../support/proxmox-facts.ts';
import {codesOf, decide, findingOf, win10} from './decide.ts';

const far = (file: string, text: string) => ({[`/etc/pve/nodes/pve2/${file}`]: text});

describe('guests of other nodes', () => {
  const files = {...far('qemu-server/104.conf', 'name: mail\n'), ...far('lxc/105.conf', 'hostname: dns\n')};
  const facts = proxmoxFacts({101: win10}, {files});

  it('are facts, containers too', () => {
    expect(proxmoxOf(facts).others).toEqual([
      {vmid: 104, node: 'pve2', kind: 'guest', name: 'mail'},
      {vmid: 105, node: 'pve2', kind: 'container', name: 'dns'},
    ]);
  });

  it.each(['mail', '104'])('are no new guest when the profile names %s, by mistake or after a migration', (name) => {
    const finding = findingOf(facts, 'guest-elsewhere', {guest: {name}});
    expect(finding).toMatchObject({
      severity: 'blocker',
      message: expect.stringContaining('104 (mail) is on node pve2'),
    });
    expect(finding?.remedy).toContain('qm migrate 104 pve1');
  });

  it('with a name that a new guest may have, too, are no reason against it', () => {
    expect(codesOf(facts, {guest: {name: 'mail', domain: 'new'}})).not.toContain('blocker guest-elsewhere');
    expect(findingOf(facts, 'guest-exists', {guest: {name: '104', domain: 'new'}})?.message).toContain(
      'a guest of node pve2',
    );
    expect(findingOf(facts, 'guest-exists', {guest: {name: '105'}})?.message).toContain('a container of node pve2');
  });

  it('failure mode 77: that had a card of this node when it was applied are a broken promise', () => {
    const {plan} = decide(facts);
    expect(guestPromises(facts, plan)).toEqual([]);
    const moved = proxmoxFacts({}, {files: far('qemu-server/101.conf', win10)});
    const [promise] = guestPromises(moved, plan);
    expect([`${promise?.id} ${promise?.status}`, promise?.fact]).toEqual([
      'guest-node broken',
      'It is on node pve2 now.',
    ]);
    expect(guestPromises(proxmoxFacts({}, {files: far('lxc/101.conf', '')}), plan)[0]?.fact).toContain('container');
  });
});

describe('failure mode 78: a guest that the cluster keeps running', () => {
  const withHa = (text: string, conf = win10) =>
    proxmoxFacts({101: conf}, {files: {'/etc/pve/ha/resources.cfg': text}, overrides: {needs: [need]}});
  const need = {address: '0000:06:00.1', kind: 'display', chain: 'the only screen → 0000:06:00.1', spares: []} as const;

  it.each([
    ['vm: 101\n\tstate started\n', true],
    ['vm: 101\n\tmax_relocate 2\n', true],
    ['vm: 101\n\tstate ignored\n', false],
    ['vm: 101\n\tstate stopped\n', false],
    ['ct: 101\n\tstate started\n', false],
    ['vm: 102\n', false],
  ])('is told of %j', (text, isTold) => {
    expect(codesOf(withHa(text)).includes('warning guest-highly-available')).toBe(isTold);
  });

  it('starts with the host, whatever onboot says', () => {
    const facts = withHa('vm: 101\n', `${win10}hostpci0: 06:00\n`);
    expect(findingOf(facts, 'proxmox-card-at-boot')).toMatchObject({
      message: expect.stringContaining('(HA)'),
      remedy: expect.stringContaining('ha-manager remove vm:101'),
    });
    expect(runChecks(facts).find(({id}) => id === 'proxmox-cards')).toMatchObject({status: 'error'});
  });
});

describe('sections of a guest', () => {
  it('that are snapshots lead back to a guest without the card', () => {
    expect(findingOf(proxmoxFacts({101: `${win10}\n[clean]\nmemory: 2048\n`}), 'guest-snapshots')?.message).toContain(
      'Guest 101 has snapshots (clean)',
    );
    expect(codesOf(proxmoxFacts({101: win10}))).not.toContain('note guest-snapshots');
  });

  it('that wait come into force together with the plan', () => {
    const waiting = proxmoxFacts({101: `${win10}\n[PENDING]\nmemory: 4096\ndelete: agent\n`});
    const told = decide(waiting).findings.find(({remedy}) => remedy.includes('qm pending 101'));
    expect(told).toMatchObject({severity: 'note', code: 'guest-setting-replaced'});
    expect(told?.message).toContain('memory: 4096; delete: agent');
    expect(decide(proxmoxFacts({101: win10})).findings.some(({remedy}) => remedy.includes('qm pending'))).toBe(false);
  });
});
