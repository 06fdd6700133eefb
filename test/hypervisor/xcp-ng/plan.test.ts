import {describe, expect, it} from 'vitest';
import {runChecks} from '../../../src/checks/run-checks.ts';
import {hypervisorOf} from '../../../src/hypervisor/hypervisors.ts';
import {outputFile} from '../../../src/system/source.ts';
import {hostTreeText} from '../../support/host-tree.ts';
import {sampleDevice} from '../../support/sample-profile.ts';
import {regionTable, xcpFacts} from '../../support/xen-facts.ts';
import {codesOf as codes, decide as plan, findingOf as finding, type Wish} from '../xen/decide.ts';

const vmOutput = outputFile(['xe', 'vm-list', 'params=all']);
const uuid = '2b7d5c1e-0000-4c7e-8d55-000000000010';
const vms = (change: (text: string) => string) => {
  const [, rest = ''] = hostTreeText('xcp-ng-one-gpu').split(`f 0644 ${vmOutput}\n`);
  const lines = rest.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  const text = lines
    .slice(0, end)
    .map((line) => line.slice(1))
    .join('\n');
  const changed = change(text);
  if (changed === text) throw new Error('nothing was changed');
  return {[vmOutput]: changed};
};

/** In the record of win10. */
const win10 = (from: string | RegExp, to: string) =>
  vms((text) => {
    const at = text.indexOf(uuid);
    return text.slice(0, at) + text.slice(at).replace(from, to);
  });

const wish = (more: Wish = {}): Wish => ({...more, guest: {name: 'win10', ...more?.guest}});
const codesOf = (facts: ReturnType<typeof xcpFacts>, more: Wish = {}) => codes(facts, wish(more));
const findingOf = (facts: ReturnType<typeof xcpFacts>, code: string, more: Wish = {}) =>
  finding(facts, code, wish(more));
const commandsOf = (facts: ReturnType<typeof xcpFacts>, more: Wish = {}) =>
  plan(facts, wish(more)).changes.map(({path}) => path.replace(/^\S+\//, ''));

const host = xcpFacts();

describe('an XCP-ng host', () => {
  it('is served by its own member, with a plan without a blocker', () => {
    expect(hypervisorOf(host).kind).toBe('xapi');
    expect(codesOf(host)).toEqual(['warning boot-chain-unproven']);
    expect(commandsOf(host)).toEqual([
      'xen-cmdline --set-dom0 xen-pciback.hide=(0000:41:00.0)',
      `xe vm-param-set uuid=${uuid} other-config:pci=0/0000:41:00.0`,
      `xe vm-param-set uuid=${uuid} VCPUs-params:mask=2;3`,
    ]);
    expect(findingOf(host, 'xapi-restrictions')?.message).toContain('VM_HAS_PCI_ATTACHED');
    expect(runChecks(host).find(({id}) => id === 'xapi')?.status).toBe('ok');
  });

  it('is placed by what Xen says, never by what dom0 sees', () => {
    expect(host.cpu.cpus.map(({id}) => id)).toEqual([0, 1, 2, 3]);
    expect(plan(host, wish()).plan.pinning.vcpus.map(({cpus}) => cpus)).toEqual([[2], [3]]);
  });

  it('hides nothing at boot where the profile says so', () => {
    expect(commandsOf(host, {binding: 'libvirt'})[0]).toContain('other-config:pci');
  });

  const menu = (change: (text: string) => string) => {
    const [, rest = ''] = hostTreeText('xcp-ng-one-gpu').split('f 0644 /boot/grub/grub.cfg\n');
    const lines = rest.split('\n');
    const end = lines.findIndex((line) => !line.startsWith('|'));
    return change(
      lines
        .slice(0, end)
        .map((line) => line.slice(1))
        .join('\n'),
    );
  };
  const hidden = (value: string) => ({
    '/boot/grub/grub.cfg': menu((text) => text.replaceAll('console=tty0 quiet', `console=tty0 quiet ${value}`)),
    [outputFile(['xen-cmdline', '--get-dom0', 'xen-pciback.hide'])]: `${value}\n`,
  });

  it('failure mode 93: keeps what is hidden already, and writes short forms anew', () => {
    expect(commandsOf(xcpFacts(hidden('xen-pciback.hide=(02:00.0)')))[0]).toBe(
      'xen-cmdline --set-dom0 xen-pciback.hide=(0000:02:00.0)(0000:41:00.0)',
    );
  });

  it('gives a list back as it was, in its own spelling', () => {
    const [change] = plan(xcpFacts(hidden('xen-pciback.hide=(02:00.0)')), wish()).changes;
    expect(change).toMatchObject({
      command: {undo: ['/opt/xensource/libexec/xen-cmdline', '--set-dom0', 'xen-pciback.hide=(02:00.0)']},
    });
  });

  it('gives several words of one key back together', () => {
    const value = 'xen-pciback.hide=(0000:02:00.0) xen-pciback.hide=(0000:03:00.0)';
    const facts = xcpFacts({
      ...hidden(value),
      [outputFile(['xen-cmdline', '--get-dom0', 'xen-pciback.hide'])]: `${value.replace(' ', '\n')}\n`,
    });
    const [change] = plan(facts, wish()).changes;
    expect(change).toMatchObject({
      path: expect.stringContaining('(0000:02:00.0)(0000:03:00.0)(0000:41:00.0)'),
      command: {undo: ['/opt/xensource/libexec/xen-cmdline', '--set-dom0', value]},
    });
  });

  it('is refused where xen-cmdline and grub.cfg do not say the same', () => {
    const facts = xcpFacts({
      [outputFile(['xen-cmdline', '--get-dom0', 'xen-pciback.hide'])]: 'xen-pciback.hide=(0000:02:00.0)\n',
    });
    expect(codesOf(facts)).toContain('blocker xapi-arguments-differ');
  });

  it('is refused without the answers of xe, and of a menu that starts nothing', () => {
    expect(codesOf(xcpFacts({[vmOutput]: null}))).toContain('blocker xapi-silent');
    expect(codesOf(xcpFacts({'/boot/grub/grub.cfg': 'menuentry x {\n'}))).toContain(
      'blocker command-line-not-editable',
    );
  });

  it('tells what an older version forgets, and what a pool means', () => {
    const old = xcpFacts({'/etc/xensource-inventory': "PRODUCT_BRAND='XCP-ng'\nPRODUCT_VERSION='8.2.1'\n"});
    expect(findingOf(old, 'xapi-upgrade')?.message).toContain('8.2');
    expect(findingOf(host, 'xapi-upgrade')).toBeUndefined();
    const pool = xcpFacts({[outputFile(['xe', 'host-list', 'params=all'])]: 'uuid ( RO): a\n\n\nuuid ( RO): b\n'});
    expect(findingOf(pool, 'xapi-pool')?.message).toContain('2 hosts');
  });

  it('failure mode 95: tells of MxGPU, whose parts XAPI gives out', () => {
    expect(codesOf(xcpFacts({'/proc/modules': 'gim 16384 0 - Live 0x0\n'}))).toContain('warning gim-not-served');
  });
});

describe('a VM', () => {
  it.each([
    ['that is not there', {guest: {name: 'other'}}, {}, 'blocker guest-missing'],
    ['whose name two VMs have', {}, vms((text) => text.replace('mail', 'win10')), 'blocker guest-ambiguous'],
    ['that is to be new', {guest: {name: 'win10', domain: 'new'}}, {}, 'blocker guest-exists'],
    ['that runs', {}, win10('halted', 'running'), 'warning guest-running'],
    [
      'that starts with the host',
      {},
      win10('base_template_name: Windows 10 (64-bit)', 'auto_poweron: true'),
      'warning guest-autostart',
    ],
    ['of another type', {}, win10('hvm', 'pv'), 'blocker guest-option-unsupported'],
    [
      'under high availability',
      {},
      win10(/(ha-restart-priority \( RW\):)/, '$1 restart'),
      'blocker guest-option-unsupported',
    ],
    ['with other vCPUs', {}, win10(/(VCPUs-max \( RW\):) 2/, '$1 4'), 'blocker xapi-vm-differs'],
    [
      'with an element that XAPI drops',
      {},
      win10(/(other-config \(MRW\):)/, '$1 pci: 0/04:00.0;'),
      'warning xapi-value-ignored',
    ],
    [
      'with a mask that XAPI ignores',
      {},
      win10(/(VCPUs-params \(MRW\):)/, '$1 mask: 0-1'),
      'warning xapi-value-ignored',
    ],
  ] as const)('failure mode 99 and others: %s is reported', (_, more, changed, code) => {
    expect(codesOf(xcpFacts(changed), more)).toContain(code);
  });

  it('may be called by its UUID', () => {
    expect(commandsOf(host, {guest: {name: uuid}})).toEqual(commandsOf(host));
  });

  it('keeps the devices that it has', () => {
    const facts = xcpFacts(win10(/(other-config \(MRW\):)/, '$1 pci: 5/0000:03:00.0;'));
    expect(commandsOf(facts)[1]).toContain('other-config:pci=5/0000:03:00.0,6/0000:41:00.0');
  });

  const region = {
    '/sys/firmware/acpi/tables/RMAD': regionTable([
      [
        0x40,
        [
          [0, 0],
          [0, 0],
        ],
      ],
      [0, [[3, 0]]],
    ]),
  };

  it('failure mode 94: gets a card with a shared region on 8.3 only', () => {
    expect(codesOf(xcpFacts(region))).toContain('warning xen-region-shared');
    expect(
      codesOf(xcpFacts({...region, '/etc/xensource-inventory': "PRODUCT_BRAND='XCP-ng'\nPRODUCT_VERSION='8.2.1'\n"})),
    ).toContain('blocker xen-region-shared');
  });

  it('failure mode 96: gets no integrated GPU', () => {
    const [card] = host.pci.filter(({address}) => address === '0000:00:01.0');
    if (card === undefined) throw new Error('no card');
    const facts = {
      ...host,
      pci: host.pci.map((one) => (one === card ? {...card, address: '0000:00:02.0' as const, vendor: '8086'} : one)),
    };
    expect(finding(facts, 'xapi-integrated-gpu', wish({devices: [sampleDevice('0000:00:02.0')]}))).toMatchObject({
      severity: 'blocker',
    });
  });

  it('failure mode 97: gets more interrupts with an NVMe drive, and says why', () => {
    const device = '/sys/devices/pci0000:40/0000:40:00.0/0000:41:00.0';
    const nvme = xcpFacts({
      [`${device}/class`]: '0x010802\n',
      [`${device}/modalias`]: 'pci:v00001234d00001111sv00001AF4sd00001100bc01sc08i02\n',
    });
    const [, set] = commandsOf(nvme);
    expect([commandsOf(nvme)[0], set]).toContain('xen-cmdline --set-xen extra_guest_irqs=128');
    expect(plan(nvme, wish()).plan.hypervisorArguments?.add[0]?.because).toContain('NVMe drive');
    expect(commandsOf(host).join(' ')).not.toContain('extra_guest_irqs');
  });
});
