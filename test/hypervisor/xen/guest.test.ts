import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {parseXlConfig, xlListOf, type XlSetting, xlTextOf, xlValueOf} from '../../../src/formats/xl-config/parse.ts';
import {poolPromises} from '../../../src/hypervisor/xen/pool/guest-pool.ts';
import {xenPlanOf} from '../../../src/hypervisor/xen/xen-facts.ts';
import {sampleDevice} from '../../support/sample-profile.ts';
import {regionTable, xenFacts, xlOutput} from '../../support/xen-facts.ts';
import {codesOf, decide, findingOf, textOf, type Wish} from './decide.ts';

const path = '/etc/xen/win.cfg';

const settingsOf = (text: string | null): readonly XlSetting[] => {
  const config = parseXlConfig(text ?? '');
  if (!config.ok) throw new Error(config.reason);
  return config.settings;
};

const host = xenFacts();

describe('a new guest', () => {
  const settings = settingsOf(textOf(host, path));

  it('has each vCPU on a CPU of the card’s node, in a list, and the memory that follows', () => {
    expect(xlListOf(settings, 'cpus')).toEqual(['2', '3']);
    expect(xlTextOf(settings, 'vcpus')).toBe('2');
    expect(['memory', 'maxmem'].map((name) => xlTextOf(settings, name))).toEqual(['512', '512']);
  });

  it('has the card in a list, and no emulated one', () => {
    expect(xlListOf(settings, 'pci')).toEqual(['0000:41:00.0']);
    expect(xlTextOf(settings, 'vga')).toBe('none');
    expect(xlTextOf(settings, 'type')).toBe('hvm');
    expect(xlTextOf(settings, 'firmware')).toBe('ovmf');
  });

  it('has the bridge of dom0, and the same MAC address each time', () => {
    const [vif] = xlListOf(settings, 'vif') ?? [];
    expect(vif).toMatch(/^mac=00:16:3e:[0-7][0-9a-f](?::[0-9a-f]{2}){2},bridge=xenbr0,/);
    expect(textOf(host, path)).toBe(textOf(host, path));
  });

  it('knows what Windows expects of a hypervisor, and Linux gets none of it', () => {
    expect(xlListOf(settings, 'viridian')?.[0]).toBe('defaults');
    expect(xlValueOf(settingsOf(textOf(host, path, {guest: {os: 'linux'}})), 'viridian')).toBeNull();
  });

  it('starts with a BIOS where OVMF is not there, and a wish for UEFI is refused with the package', () => {
    const facts = xenFacts({'/usr/share/ovmf/OVMF.fd': null});
    expect(xlTextOf(settingsOf(textOf(facts, path)), 'firmware')).toBeNull();
    expect(findingOf(facts, 'guest-firmware-missing', {guest: {firmware: 'uefi'}})).toMatchObject({
      severity: 'blocker',
      remedy: expect.stringContaining('ovmf'),
    });
  });

  it('says nothing of huge pages, I/O threads and hiding, which do not exist under Xen', () => {
    const {plan, findings, changes} = decide(host);
    const texts = [
      ...findings.map(({message, remedy}) => `${message} ${remedy}`),
      ...plan.decisions.map(({subject, choice, because}) => `${subject} ${choice} ${because}`),
      ...changes.map(({diff}) => diff),
    ].join('\n');
    expect(texts).not.toMatch(/huge ?pages?|I\/O thread|iothread|Error 43|hideHypervisor|vfio-pci\b|libvirt|virsh/i);
  });

  it.each<[string, Wish, string]>([
    ['a USB device', {devices: [{kind: 'usb-device', usb: {id: '046d:c21f', port: null}}]}, 'guest-option-unsupported'],
    ['Secure Boot', {guest: {firmware: 'uefi-secure'}}, 'guest-option-unsupported'],
    ['a bridge that is not there', {guest: {network: 'virbr0'}}, 'guest-option-unsupported'],
    ['a guest that is not there', {guest: {domain: 'existing'}}, 'guest-missing'],
    ['binding by ids', {binding: 'ids'}, 'xen-binding-unsupported'],
    ['a handover', {binding: 'handover'}, 'xen-binding-unsupported'],
  ])('is refused with %s', (_, wish, code) => {
    expect(codesOf(host, wish)).toContain(`blocker ${code}`);
  });
});

describe('a guest that is there', () => {
  const before = `# Mine.
name = "win"
type = "hvm"
memory = 256   # small
vcpus = 1
cpus = "0-1"
pci = [ '00:1b.0,permissive=1', "41:00.0,msitranslate=0" ]
on_crash = 'preserve'
`;
  const facts = xenFacts({[path]: before});

  it('gets the plan’s settings, and keeps every other byte', () => {
    expect(textOf(facts, path, {guest: {os: 'linux'}})).toBe(
      before
        .replace('memory = 256 ', 'memory = 512 ')
        .replace('vcpus = 1', 'vcpus = 2')
        .replace('cpus = "0-1"', 'cpus = [ "2", "3" ]')
        .concat('maxmem = 512\n'),
    );
  });

  it('failure mode 87: is told of a text that lets all vCPUs float, and of a pci that is no list', () => {
    expect(findingOf(facts, 'guest-setting-replaced')?.message).toContain('float over the set');
    const text = xenFacts({[path]: before.replace(/pci = .*/, 'pci = "41:00.0"')});
    expect(
      decide(text)
        .findings.map(({message}) => message)
        .join('\n'),
    ).toContain('starts the guest without its card');
    expect(xlListOf(settingsOf(textOf(text, path)), 'pci')).toEqual(['41:00.0']);
  });

  it('gets its soft affinity on the same CPUs, as memory comes from those in both lists', () => {
    const soft = xenFacts({[path]: `${before}cpus_soft = "0-1"\n`});
    expect(xlListOf(settingsOf(textOf(soft, path)), 'cpus_soft')).toEqual(['2', '3']);
    expect(
      decide(soft)
        .findings.map(({message}) => message)
        .join('\n'),
    ).toContain('has cpus_soft');
    expect(textOf(facts, path)).not.toContain('cpus_soft');
  });

  it('failure mode 90: is warned of a USB device that QEMU no longer takes', () => {
    for (const value of ['[ "tablet", "host:046d:c21f" ]', '"host:046d:c21f"']) {
      const usb = xenFacts({[path]: `${before}usb = 1\nusbdevice = ${value}\n`});
      expect(codesOf(usb)).toContain('warning guest-setting-replaced');
      expect(textOf(usb, path)).toContain(`usbdevice = ${value}\n`);
    }
    expect(codesOf(xenFacts({[path]: `${before}usbdevice = [ "tablet" ]\n`}))).not.toContain(
      'warning guest-setting-replaced',
    );
  });

  it('has the card once, however often it was there', () => {
    const twice = xenFacts({[path]: before.replace(/pci = .*/, 'pci = [ "41:00.0", "0000:41:00.0,permissive=1" ]')});
    expect(xlListOf(settingsOf(textOf(twice, path)), 'pci')).toEqual(['41:00.0']);
  });

  it.each([
    ['a PV guest', before.replace('"hvm"', '"pv"'), 'blocker guest-option-unsupported'],
    ['a file that xl would not read', before.replace('vcpus = 1', 'vcpus 1'), 'blocker guest-xml-unusable'],
    ['a setting that is there twice', `${before}memory = 300\n`, 'blocker guest-xml-unusable'],
  ])('is refused: %s', (_, text, code) => {
    expect(codesOf(xenFacts({[path]: text}))).toContain(code);
  });

  it('is warned of where it starts with the host or runs', () => {
    const vcpus = `Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)
win                                  1     0    1   -b-       1.0  all / all
`;
    const running = xenFacts({
      [path]: before,
      '/etc/xen/auto/win.cfg': before,
      '/run/vfio-pilot/output/xl_vcpu-list': vcpus,
    });
    expect(codesOf(running)).toContain('warning guest-running');
  });
});

describe('failure mode 89: a guest with more than 3.5 GiB and a card with memory below 4 GiB', () => {
  const output = readFileSync(join(import.meta.dirname, '../../host/xen/outputs/xl-info-n.txt'), 'utf8');
  const large = output
    .replace(/^(total_memory +: )\d+$/m, '$132768')
    .replaceAll(/^( +[01]: +)\d+( +\d+ +10|21)/gm, '$116384$2');
  const files = {[xlOutput('info', '-n')]: large};
  const bar = {
    index: 0,
    start: 'fb000000',
    sizeBytes: 2 ** 24,
    isMemory: true,
    is64Bit: false,
    isPrefetchable: false,
    isUnset: false,
  };
  const withBar = (changed: Parameters<typeof xenFacts>[0], is64Bit = false) => {
    const facts = xenFacts({...files, ...changed});
    return {...facts, pci: facts.pci.map((one) => ({...one, bars: [{...bar, is64Bit}]}))};
  };
  const wish = {memory: {sizeMiB: 4096}};
  const holeOf = (facts: HostFacts, other: Wish = wish) => {
    const settings = settingsOf(textOf(facts, path, other));
    expect(xlTextOf(settings, 'memory')).toBe(String(other.memory?.sizeMiB));
    return xlTextOf(settings, 'mmio_hole');
  };

  it('keeps addresses for the card, with the reason', () => {
    expect(holeOf(withBar({}))).toBe('3072');
    expect(decide(withBar({}), wish).plan.decisions).toContainEqual(
      expect.objectContaining({subject: 'guest.mmioHole'}),
    );
  });

  it('leaves it to xl where the guest is smaller, the card has no such memory, or somebody has chosen', () => {
    expect(holeOf(withBar({}), {memory: {sizeMiB: 3584}})).toBeNull();
    expect(holeOf(withBar({}, true))).toBeNull();
    expect(holeOf(withBar({[path]: 'name="win"\ntype="hvm"\nmmio_hole=2048\n'}))).toBe('2048');
  });
});

describe('failure mode 31: a reserved memory region', () => {
  const table = '/sys/firmware/acpi/tables/RMAD';
  /** 41:00.0 by its way from bus 0x40, and 00:04.0, the disk. */
  const gpu = [
    0x40,
    [
      [0, 0],
      [0, 0],
    ],
  ] as const;

  it('that the card shares makes xl’s line relaxed, with a warning', () => {
    const facts = xenFacts({[table]: regionTable([gpu, [0, [[4, 0]]]])});
    expect(facts.iommu.dmar?.regions).toMatchObject([{devices: ['0000:41:00.0', '0000:00:04.0']}]);
    expect(findingOf(facts, 'xen-region-shared')).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/0000:41:00\.0 and for 0000:00:04\.0: Xen refuses such a device/),
    });
    expect(xlListOf(settingsOf(textOf(facts, path)), 'pci')).toEqual(['0000:41:00.0,rdm_policy=relaxed']);
  });

  it('of the card alone changes nothing', () => {
    const facts = xenFacts({[table]: regionTable([gpu])});
    expect(findingOf(facts, 'xen-region-shared')).toBeUndefined();
    expect(xlListOf(settingsOf(textOf(facts, path)), 'pci')).toEqual(['0000:41:00.0']);
  });

  it('replaces a strict policy that the guest has', () => {
    const facts = xenFacts({
      [table]: regionTable([gpu, [0, [[4, 0]]]]),
      [path]: 'name="win"\ntype="hvm"\npci=["41:00.0,rdm_policy=strict,permissive=1"]\n',
    });
    expect(xlListOf(settingsOf(textOf(facts, path)), 'pci')).toEqual(['41:00.0,permissive=1,rdm_policy=relaxed']);
  });
});

describe('failure mode 91: pools of CPUs', () => {
  const pools = {
    [xlOutput('cpupool-list', '-c')]: 'Name               CPU list\nPool-0             0,1\nvmpool   2,3\n',
  };
  const guest = (pool: string) => ({[path]: `name = "win"\ntype = "hvm"\n${pool}`});
  const promisesOf = (facts: HostFacts) =>
    poolPromises(facts, xenPlanOf(decide(facts).plan)).map(({id, status, fact}) => [`${id} ${status}`, fact]);

  it('that do not have the CPUs of the guest are told of, with the pool that has them', () => {
    for (const facts of [xenFacts(pools), xenFacts({...pools, ...guest('')})]) {
      expect(findingOf(facts, 'xen-pool')).toMatchObject({
        severity: 'warning',
        message: 'The guest is in the pool of CPUs Pool-0, and CPU 2-3 is not in it.',
        remedy: expect.stringContaining(`set pool = "vmpool" in ${path}`),
      });
      expect(promisesOf(facts)).toEqual([['xen-pool broken', 'CPU 2-3 is not in Pool-0.']]);
    }
  });

  it('that have them are promised, and one that is not there is told of', () => {
    const right = xenFacts({...pools, ...guest('pool = "vmpool"\n')});
    expect(findingOf(right, 'xen-pool')).toBeUndefined();
    expect(promisesOf(right)).toEqual([['xen-pool kept', 'They are in vmpool (`xl cpupool-list -c`).']]);
    const one = {[xlOutput('cpupool-list', '-c')]: 'Name               CPU list\nPool-0             0,1,2,3\n'};
    const lost = xenFacts({...one, ...guest('pool = "vmpool"\n')});
    expect(findingOf(lost, 'xen-pool')?.message).toContain('there is no such pool of CPUs now');
    expect(promisesOf(lost)).toEqual([['xen-pool broken', 'There is no pool vmpool.']]);
  });

  it('are nothing to speak of where there is one', () => {
    expect(findingOf(host, 'xen-pool')).toBeUndefined();
    expect(promisesOf(host)).toEqual([]);
  });
});

it('two functions of a card are two elements', () => {
  const facts = xenFacts({
    '/sys/bus/pci/devices/0000:41:00.1/class': '0x040300\n',
    '/sys/bus/pci/devices/0000:41:00.1/vendor': '0x1234\n',
    '/sys/bus/pci/devices/0000:41:00.1/device': '0x2222\n',
  });
  const devices = [sampleDevice('0000:41:00.0'), sampleDevice('0000:41:00.1')];
  expect(xlListOf(settingsOf(textOf(facts, path, {devices})), 'pci')).toEqual(['0000:41:00.0', '0000:41:00.1']);
});

describe('a guest that libvirt keeps, with its driver for Xen', () => {
  const kept = '/etc/libvirt/libxl/win.xml';
  const definition = (name: string): string =>
    `<domain type='xen'><name>${name}</name><memory unit='KiB'>524288</memory><devices><hostdev mode='subsystem' type='pci' managed='no'><driver name='xen'/><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x0'/></source></hostdev></devices></domain>`;

  it('is not made a second time, nor edited', () => {
    const facts = xenFacts({[kept]: definition('win')});
    for (const domain of ['new', 'existing', 'auto'] as const)
      expect(findingOf(facts, 'guest-exists', {guest: {domain}})).toMatchObject({
        severity: 'blocker',
        message: expect.stringContaining(`libvirt keeps the guest win in ${kept}`),
        remedy: expect.stringContaining('`virsh -c xen:///system edit win`'),
      });
    expect(codesOf(facts, {guest: {domain: 'existing'}})).not.toContain('blocker guest-missing');
  });

  it('has its card, so that another guest with it is told', () => {
    const facts = xenFacts({'/etc/libvirt/libxl/games.xml': definition('games')});
    const messages = decide(facts).findings.map(({message}) => message);
    expect(messages.some((message) => message.includes('games'))).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['cut short', definition('games').slice(0, 200)],
    ['no domain at all', '<network><name>win</name></network>'],
    ['a name that is a path', definition('../../etc/passwd')],
    ['thousands of elements deep', '<domain>'.repeat(5000)],
  ])('breaks no plan of another guest where its file is %s', (_name, text) => {
    const facts = xenFacts({'/etc/libvirt/libxl/x.xml': text});
    expect(codesOf(facts)).not.toContain('blocker guest-exists');
    expect(textOf(facts, path)).not.toBeNull();
  });

  it('counts for nothing where the machine was started without Xen', () => {
    const facts = xenFacts({[kept]: definition('win'), '/sys/hypervisor/type': null, '/proc/xen/capabilities': null});
    expect(facts.virtualisation).toMatchObject({kind: 'kvm', domains: []});
  });
});
