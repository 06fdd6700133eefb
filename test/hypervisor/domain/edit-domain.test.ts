import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import type {Plan} from '../../../src/plan/plan.ts';
import {domain, sampleFacts, samplePlan, twoNodes, withGuest} from './sample.ts';

const file = '/etc/libvirt/qemu/win10.xml';

const edit = (xml: string, plan: Plan = samplePlan, facts: HostFacts = sampleFacts()) => {
  const result = editDomain(xml, plan, facts, file);
  if (!result.ok) throw new Error(result.findings.map((finding) => finding.message).join('\n'));
  return result;
};

const withoutHugepages: Plan = {...samplePlan, memory: {...samplePlan.memory, hugepages: null}};
const farEmulator: Plan = {...samplePlan, pinning: {...samplePlan.pinning, emulator: [1, 13]}};
const hostdev = (host: string, guest: string, more = ''): string =>
  `    <hostdev mode='subsystem' type='pci' managed='yes'>\n      <source>\n        <address ${host}/>\n      </source>\n${more}      <address type='pci' ${guest}/>\n    </hostdev>\n`;
const q35 = `  <os>\n    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n  </os>\n`;

describe('a domain that cannot be edited', () => {
  it.each([
    ['<domainsnapshot/>', 'root element is <domainsnapshot>'],
    [`<domain xmlns='urn:x' type='kvm'/>`, 'root element'],
    [`<domain type='xen'/>`, 'type xen'],
    [`<domain type='kvm'>\n  <cpu/>\n  <cpu/>\n</domain>`, 'second <cpu>'],
    [`<domain type='kvm'>\n`, 'not well-formed'],
    [`<domain type='kvm'><maxMemory>1024</maxMemory></domain>`, '<maxMemory>'],
  ])('is refused: %.60j', (xml, message) => {
    const result = editDomain(xml, samplePlan, sampleFacts(), file);

    expect(result).toMatchObject({
      ok: false,
      findings: [{code: 'guest-xml-unusable', severity: 'blocker', at: {file, line: expect.any(Number)}}],
    });
    expect(result.findings[0]?.message).toContain(message);
  });

  it('has a memory limit of its own told where the card needs more than it lets QEMU lock', () => {
    const findingsFor = (limit: string) =>
      editDomain(domain(`  <memtune>\n    ${limit}\n  </memtune>\n`), samplePlan, sampleFacts(), file).findings.filter(
        ({code}) => code === 'guest-memory-limit',
      );
    expect(findingsFor(`<hard_limit unit='GiB'>12</hard_limit>`)).toMatchObject([
      {
        code: 'guest-memory-limit',
        severity: 'warning',
        message: expect.stringContaining('12288 MiB of the guest locked'),
      },
    ]);
    expect(findingsFor('<hard_limit>13631488</hard_limit>')).toEqual([]);
    expect(findingsFor(`<soft_limit unit='GiB'>1</soft_limit>`)).toEqual([]);
  });

  it('is refused rather than given a name that XML cannot carry', () => {
    const plan: Plan = {
      ...samplePlan,
      devices: samplePlan.devices.map((device) => ({...device, assigned: {...device.assigned, rom: '/rom\u0007'}})),
    };
    expect(editDomain(domain(''), plan, sampleFacts(), file)).toMatchObject({
      ok: false,
      findings: [{code: 'guest-xml-unusable'}],
    });
  });
});

describe('failure mode 36: a guest with Looking Glass', () => {
  it.each([
    [
      'shared memory',
      domain(
        '',
        `    <shmem name='looking-glass'>\n      <model type='ivshmem-plain'/>\n      <size unit='M'>64</size>\n    </shmem>\n`,
      ),
      /<shmem name='looking-glass'>[^]*<\/shmem>/,
    ],
    [
      'kvmfr',
      domain(
        `  <qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n    <qemu:arg value='-object'/>\n    <qemu:arg value="{'qom-type':'memory-backend-file','id':'looking-glass','mem-path':'/dev/kvmfr0','size':67108864,'share':true}"/>\n  </qemu:commandline>\n`,
      ),
      /<qemu:commandline[^]*<\/qemu:commandline>/,
    ],
  ])('keeps its %s to the byte', (_name, xml, part) => {
    const [kept = ''] = part.exec(xml) ?? [];
    expect(kept).not.toBe('');
    expect(edit(xml).xml).toContain(kept);
  });
});

describe('memory', () => {
  it('keeps a size that says the same in another unit', () => {
    expect(edit(domain(`  <memory unit='GiB'>12</memory>\n`)).xml).toContain(`<memory unit='GiB'>12</memory>`);
  });

  it('keeps what others need of the backing and takes out what libvirt refuses next to hugepages', () => {
    const backing = `  <memoryBacking>\n    <locked/>\n    <source type='anonymous'/>\n    <access mode='shared'/>\n    <allocation mode='ondemand' threads='8'/>\n  </memoryBacking>\n`;
    const {xml, findings} = edit(domain(backing));

    expect(xml).toContain(
      `  <memoryBacking>\n    <hugepages>\n      <page size='2048' unit='KiB'/>\n    </hugepages>\n    <locked/>\n    <access mode='shared'/>\n    <allocation mode='immediate' threads='8'/>\n  </memoryBacking>`,
    );
    expect(findings.map((finding) => [finding.code, finding.at?.line])).toEqual([
      ['guest-setting-replaced', 7],
      ['guest-setting-replaced', 5],
    ]);
  });

  it('failure mode 46: is not allocated at once when the emulator is bound to another node', () => {
    expect(edit(domain(''), farEmulator).xml).not.toContain('<allocation');
    const {xml, findings} = edit(
      domain(`  <memoryBacking>\n    <allocation mode='immediate'/>\n  </memoryBacking>\n`),
      farEmulator,
    );
    expect(xml).not.toContain('<allocation');
    expect(findings).toMatchObject([{code: 'guest-emulator-off-node', at: {line: 4}}]);
  });

  it('loses its hugepages, and an empty backing, when the plan reserves none', () => {
    const {xml, findings} = edit(domain(`  <memoryBacking>\n    <hugepages/>\n  </memoryBacking>\n`), withoutHugepages);
    expect(xml).not.toContain('memoryBacking');
    expect(findings).toMatchObject([{code: 'guest-setting-replaced', severity: 'note'}]);
  });
});

describe('threads', () => {
  it('keep weights and schedulers, and pins that say the same in other words', () => {
    const tune = `  <cputune>\n    <shares>2048</shares>\n    <vcpupin vcpu='0' cpuset='0-1,^1'/>\n    <vcpupin vcpu='9' cpuset='3'/>\n    <vcpusched vcpus='0-7' scheduler='fifo' priority='1'/>\n  </cputune>\n`;
    const {xml} = edit(domain(tune));

    expect(xml).toContain(
      `<shares>2048</shares>\n    <vcpupin vcpu='0' cpuset='0-1,^1'/>\n    <vcpupin vcpu='1' cpuset='12'/>`,
    );
    expect(xml).toContain(`<iothreadpin iothread='2' cpuset='20'/>\n    <vcpusched`);
    expect(xml).not.toContain(`vcpu='9'`);
  });

  it('keep a cpuset only when it is the set of the pins, and no vCPU stays offline', () => {
    const {xml} = edit(domain(`  <vcpu placement='auto' cpuset='0-7' current='2'>4</vcpu>\n`));
    expect(xml).toContain(`<vcpu placement='static'>8</vcpu>`);
    const same = `<vcpu placement='static' cpuset='0,2,4,6,12,14,16,18'>8</vcpu>`;
    expect(edit(domain(`  ${same}\n`)).xml).toContain(same);
  });

  it('are never fewer than the disks refer to', () => {
    const disk = `    <disk type='file'>\n      <driver name='qemu' iothread='4'/>\n    </disk>\n`;
    expect(edit(domain('  <iothreads>1</iothreads>\n', disk)).xml).toContain('<iothreads>4</iothreads>');
  });
});

describe('processor', () => {
  it.each([
    ['6.0.0', false, false, false],
    ['6.5.0', true, true, false],
    ['8.7.0', true, true, true],
    [null, false, false, false],
  ])('uses of libvirt %s only what it knows', (version, dies, migratable, addresses) => {
    const {xml} = edit(domain(''), samplePlan, sampleFacts({virtualisation: {version}}));
    expect([xml.includes(`dies='1'`), xml.includes(`migratable='off'`), xml.includes('<maxphysaddr')]).toEqual([
      dies,
      migratable,
      addresses,
    ]);
  });

  it('asks for topoext where the plan does, and takes it out on Intel', () => {
    const cpu = `  <cpu mode='custom' match='exact'>\n    <model fallback='allow'>EPYC</model>\n    <feature policy='require' name='topoext'/>\n    <feature policy='disable' name='svm'/>\n  </cpu>\n`;
    const intel = edit(domain(cpu));
    expect(intel.xml).not.toMatch(/topoext|EPYC|match=/);
    expect(intel.xml).toContain(`<feature policy='disable' name='svm'/>`);
    expect(intel.findings.map((finding) => finding.code)).toEqual(['guest-setting-replaced', 'guest-setting-replaced']);
    expect(edit(domain(''), withGuest({hasTopoext: true}), sampleFacts({vendor: 'AuthenticAMD'})).xml).toContain(
      `<feature policy='require' name='topoext'/>`,
    );
  });

  it('makes the cells of a domain those of the plan, and says which it replaces', () => {
    const cells = `  <cpu>\n    <numa>\n      <cell id='0' cpus='0-3' memory='1' unit='GiB'>\n        <distances>\n          <sibling id='0' value='10'/>\n          <sibling id='7' value='31'/>\n        </distances>\n      </cell>\n      <cell id='1' cpus='4-7' memory='1' unit='GiB'/>\n      <cell id='2' memory='1' unit='GiB'/>\n    </numa>\n  </cpu>\n`;
    const {xml, findings} = edit(domain(cells), twoNodes);
    expect(xml.match(/<cell [^>]*>/g)).toEqual([
      `<cell id='0' cpus='0-3' memory='16779264' unit='KiB'>`,
      `<cell id='1' cpus='4-7' memory='16779264' unit='KiB'>`,
    ]);
    expect(xml.match(/<(sibling|memnode)[^>]*>/g)?.toSorted()).toEqual([
      `<memnode cellid='0' mode='strict' nodeset='0'/>`,
      `<memnode cellid='1' mode='strict' nodeset='1'/>`,
      `<sibling id='0' value='10'/>`,
      `<sibling id='0' value='20'/>`,
      `<sibling id='1' value='10'/>`,
      `<sibling id='1' value='20'/>`,
    ]);
    expect(findings.map((finding) => finding.code)).toContain('guest-setting-replaced');
  });

  it('has no cells that overrule the planned memory', () => {
    const cells = `  <cpu>\n    <numa>\n      <cell id='0' cpus='0-3' memory='1' unit='GiB'/>\n      <cell id='1' cpus='4-7' memory='1' unit='GiB'/>\n    </numa>\n  </cpu>\n  <numatune>\n    <memnode cellid='1' mode='strict' nodeset='1'/>\n  </numatune>\n`;
    const {xml} = edit(domain(cells), withGuest({hasNumaCell: false}));
    expect(xml).not.toMatch(/<numa>|<memnode/);
    expect(edit(domain(cells)).xml).toMatch(/<cell id='0' cpus='0-7' memory='12582912' unit='KiB'\/>\n {4}<\/numa>/);
  });
});

describe('features', () => {
  it('leaves out what lacks its dependency, and what libvirt does not know', () => {
    const {xml, findings} = edit(
      domain(''),
      withGuest({hyperv: ['stimer', 'relaxed', 'x/><evil'], hypervVendorId: null}),
    );
    expect(xml).toContain(`<hyperv>\n      <relaxed state='on'/>\n    </hyperv>`);
    expect(findings.map((finding) => finding.code)).toEqual(['guest-option-unsupported', 'guest-option-unsupported']);
  });

  it('counts a dependency that the guest has already, and keeps its number of spins', () => {
    const features = `  <features>\n    <hyperv>\n      <spinlocks state='on' retries='4096'/>\n      <vpindex state='on'/>\n      <synic state='on'/>\n    </hyperv>\n  </features>\n  <clock offset='utc'/>\n`;
    const {xml, findings} = edit(domain(features), withGuest({hyperv: ['spinlocks', 'stimer'], hypervVendorId: null}));
    expect(findings).toEqual([]);
    expect(xml).toContain(`retries='4096'`);
    expect(xml).toContain(`<stimer state='on'/>`);
    expect(xml).toContain(`  <clock offset='utc'>\n    <timer name='hypervclock' present='yes'/>\n  </clock>`);
  });

  it('keeps features that are passed through, unless a vendor id has to be set', () => {
    const features = `  <features>\n    <hyperv mode='passthrough'/>\n  </features>\n`;
    expect(edit(domain(features), withGuest({hypervVendorId: null})).xml).toContain(`<hyperv mode='passthrough'/>`);
    expect(edit(domain(features)).xml).toContain(`<hyperv mode='custom'>`);
  });
});

describe('assigned devices', () => {
  it('keep their guest address and ROM, and are there once', () => {
    const first = hostdev(
      `domain='0' bus='6' slot='0x0' function='0x0'`,
      `domain='0x0000' bus='0x05' slot='0x00' function='0x0'`,
      `      <rom bar='off'/>\n`,
    );
    const {xml} = edit(
      domain(
        q35,
        first +
          first +
          hostdev(
            `domain='0x0000' bus='0x06' slot='0x00' function='0x1'`,
            `domain='0x0000' bus='0x07' slot='0x00' function='0x0'`,
          ),
      ),
    );
    expect(xml.match(/<hostdev/g)).toHaveLength(2);
    expect(xml).toContain(first);
    expect(xml).not.toContain('multifunction');
  });

  it('get the planned ROM', () => {
    const rom = '/usr/share/vgabios/a&b.rom';
    const plan: Plan = {
      ...samplePlan,
      devices: samplePlan.devices.slice(0, 1).map((device) => ({...device, assigned: {...device.assigned, rom}})),
    };
    const existing = hostdev(
      `domain='0' bus='6' slot='0' function='0'`,
      `domain='0' bus='5' slot='0' function='0'`,
      `      <rom enabled='no'/>\n`,
    );
    expect(edit(domain(q35, existing), plan).xml).toContain(`<rom file='/usr/share/vgabios/a&amp;b.rom'/>`);
    expect(edit(domain(q35), plan).xml).toContain(
      `</source>\n      <rom file='/usr/share/vgabios/a&amp;b.rom'/>\n      <address type='pci'`,
    );
  });

  it('sit together on a free root port of q35, or on a new one', () => {
    const ports = [1, 2]
      .map((index) => `    <controller type='pci' index='${index}' model='pcie-root-port'/>\n`)
      .join('');
    const disk = `    <disk type='file'>\n      <address type='pci' domain='0x0000' bus='1' slot='0x00' function='0x0'/>\n    </disk>\n`;
    expect(edit(domain(q35, disk + ports)).xml).toMatch(
      /bus='0x02' slot='0x00' function='0x0' multifunction='on'\/>[^]*bus='0x02' slot='0x00' function='0x1'\/>/,
    );
    const grown = edit(domain(q35, disk)).xml;
    expect(grown).toContain(`<controller type='pci' index='2' model='pcie-root-port'/>`);
    expect(grown).toContain(`bus='0x02' slot='0x00' function='0x1'/>`);
  });

  it('sit together on a free slot of i440fx', () => {
    const sound = `    <sound model='ich6'>\n      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>\n    </sound>\n`;
    expect(edit(domain('', sound)).xml).toMatch(
      /bus='0x00' slot='0x04' function='0x0' multifunction='on'\/>[^]*bus='0x00' slot='0x04' function='0x1'\/>/,
    );
  });

  it('join a sibling that was made for it', () => {
    const first = hostdev(
      `domain='0x0000' bus='0x06' slot='0x00' function='0x0'`,
      `domain='0x0000' bus='0x05' slot='0x00' function='0x0' multifunction='on'`,
    );
    expect(edit(domain(q35, first)).xml).toContain(
      `<address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x1'/>`,
    );
  });

  it('are refused when the guest is full', () => {
    const sounds = Array.from(
      {length: 29},
      (_, index) => `    <sound>\n      <address type='pci' bus='0' slot='${index + 3}'/>\n    </sound>\n`,
    ).join('');
    expect(editDomain(domain('', sounds), samplePlan, sampleFacts(), file)).toMatchObject({
      ok: false,
      findings: [{code: 'guest-xml-unusable'}],
    });
  });

  it('that the plan does not name stay, and the user hears of them and of doubles on the QEMU command line', () => {
    const foreign = hostdev(
      `domain='0x0000' bus='0x0b' slot='0x00' function='0x3'`,
      `domain='0x0000' bus='0x05' slot='0x00' function='0x0'`,
    );
    const text = domain(q35, foreign)
      .replace(`type='kvm'`, `type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'`)
      .replace(
        '</domain>',
        `  <qemu:commandline>\n    <qemu:arg value='vfio-pci,host=06:00.0,bus=root.1'/>\n  </qemu:commandline>\n</domain>`,
      );
    const {xml, findings} = edit(text);
    expect(xml).toContain(foreign);
    expect(findings.map((finding) => [finding.severity, finding.code])).toEqual([
      ['note', 'guest-hostdev-foreign'],
      ['warning', 'guest-hostdev-foreign'],
    ]);
  });

  it('take the balloon away', () => {
    const balloon = `    <memballoon model='virtio'>\n      <stats period='5'/>\n    </memballoon>\n`;
    expect(edit(domain('', balloon)).xml).toContain(`    <memballoon model='none'/>\n  </devices>`);
    expect(edit(domain('', balloon), {...samplePlan, devices: []}).xml).toContain(balloon);
  });
});

it.each([
  ['controllers', domain(q35, `<controller type='pci'/>`.repeat(150_000))],
  ['drivers that name no I/O thread', domain('', `<disk><driver iothread='x'/></disk>`.repeat(100_000))],
  ['cells with wide sets', domain(`  <cpu><numa>${`<cell cpus='0-99999'/>`.repeat(100_000)}</numa></cpu>\n`)],
])('survives a domain made of %s', (_, xml) => {
  const result = edit(xml, withGuest({hasNumaCell: false}));
  expect(result.xml).not.toContain('NaN');
});

it('keeps CRLF, a byte order mark, tabs and double quotes', () => {
  const text = `\uFEFF<?xml version="1.0"?>\r\n<!-- mine -->\r\n<domain type="kvm">\r\n\t<name>win10</name>\r\n\t<devices/>\r\n</domain>\r\n`;
  const {xml} = edit(text);

  expect(
    xml.startsWith(
      '\uFEFF<?xml version="1.0"?>\r\n<!-- mine -->\r\n<domain type="kvm">\r\n\t<name>win10</name>\r\n\t<memory unit="KiB">12582912</memory>\r\n',
    ),
  ).toBe(true);
  expect(xml.replaceAll('\r\n', '')).not.toMatch(/[\r\n']/);
  expect(edit(xml).xml).toBe(xml);
});
