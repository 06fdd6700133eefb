import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {assert, property, string} from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {attributeOf, childNamed} from '../../../src/formats/xml/document.ts';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../../src/hypervisor/kvm/domain/new-domain.ts';
import type {KvmGuestPlan, Plan} from '../../../src/plan/plan.ts';
import {named, parse} from './canonical.ts';
import {domain, sampleFacts, samplePlan, twoNodes, windows11, withGuest} from './sample.ts';

const render = (plan: Plan, facts: HostFacts = sampleFacts()): string => {
  const result = renderNewDomain(plan, facts);
  if (!result.ok) throw new Error(result.findings.map((finding) => finding.message).join('\n'));
  return result.xml;
};

const change = (guest: Partial<KvmGuestPlan>): Plan => ({...windows11, guest: {...windows11.guest, ...guest}});
/** What the R710's owner wrote: three Hyper-V features, nothing hidden. */
const r710 = withGuest({
  isNew: true,
  name: 'r710',
  firmware: 'bios',
  hyperv: ['relaxed', 'vapic', 'spinlocks'],
  isKvmHidden: false,
  hypervVendorId: null,
});
const oldLibvirt = sampleFacts({
  virtualisation: {
    version: '4.0.0',
    firmware: [
      {
        code: '/usr/share/OVMF/OVMF_CODE.secboot.fd',
        vars: '/usr/share/OVMF/OVMF_VARS.ms.fd',
        hasSecureBoot: true,
        hasEnrolledKeys: true,
      },
    ],
  },
});
/** With a slice of a card, which the guest knows by a UUID. */
const sliced: Plan = {
  ...windows11,
  devices: windows11.devices.slice(0, 1).map((device) => ({
    ...device,
    kind: 'mediated-device',
    address: null,
    assigned: {
      type: 'mediated-device',
      uuid: '11111111-2222-4333-8444-000000000001',
      parent: 'mbochs',
      of: null,
      mdevType: 'mbochs-small',
      vramMiB: 4,
      attributes: [],
      display: true,
      madeBy: 'unit',
    },
  })),
};
const withUsb: Plan = {
  ...windows11,
  devices: [
    ...windows11.devices,
    ...windows11.devices.slice(0, 1).map((device) => ({
      ...device,
      kind: 'usb-device',
      address: null,
      assigned: {type: 'usb', id: '046d:c21f', port: null, isNative: false} as const,
    })),
  ],
};
const plans: readonly (readonly [string, Plan, HostFacts])[] = [
  ['windows-11', windows11, sampleFacts()],
  ['r710', r710, sampleFacts()],
  ['slice', sliced, sampleFacts()],
  ['usb', withUsb, sampleFacts()],
  [
    'linux',
    change({
      os: 'linux',
      firmware: 'uefi',
      hasTpm: false,
      hyperv: [],
      hasClock: false,
      isKvmHidden: false,
      hypervVendorId: null,
    }),
    sampleFacts(),
  ],
  ['old-libvirt', windows11, oldLibvirt],
  ['two-nodes', twoNodes, sampleFacts()],
];

const kept = [
  'memory',
  'page',
  'vcpupin',
  'emulatorpin',
  'iothreadpin',
  'memnode',
  'topology',
  'cell',
  'hidden',
  'timer',
  'hostdev',
  'tpm',
  'memballoon',
  'maxphysaddr',
];

describe('a new domain', () => {
  it('for Windows 11 reads as expected', async () => {
    await expect(render(windows11)).toMatchFileSnapshot('../../golden/domain/windows-11.xml');
  });

  it('for the R710 reads as its owner wrote it', async () => {
    await expect(render(r710)).toMatchFileSnapshot('../../golden/domain/r710.xml');
  });

  it('for a guest on two nodes has a cell, its memory and its distances for each', async () => {
    await expect(render(twoNodes)).toMatchFileSnapshot('../../golden/domain/two-nodes.xml');
  });

  it.each(plans)('needs no further edit: %s', (_, plan, facts) => {
    const xml = render(plan, facts);
    expect(editDomain(xml, plan, facts, 'x')).toEqual({ok: true, xml, findings: []});
  });

  it('failure modes 64 and 65: has a VNC screen of this machine only, and no TPM but its own', () => {
    const xml = render(windows11);
    expect(xml.match(/<graphics [^>]*>/g)).toEqual([`<graphics type='vnc' port='-1' autoport='yes'>`]);
    expect(xml).not.toContain('spice');
    expect(xml.match(/<tpm /g)).toHaveLength(1);
    const own = xml.replace(`model='tpm-crb'`, `model='tpm-tis'`);
    const edited = editDomain(own, windows11, sampleFacts(), 'x');
    expect(edited.ok ? (edited.xml.match(/<tpm [^>]*>/g) ?? []) : []).toEqual([`<tpm model='tpm-tis'>`]);
  });

  it('names the firmware image where libvirt would not choose it', () => {
    const xml = render(windows11, oldLibvirt);
    expect(xml).toContain(
      `<loader readonly='yes' secure='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.secboot.fd</loader>`,
    );
    expect(xml).toContain(
      `<nvram template='/usr/share/OVMF/OVMF_VARS.ms.fd'>/var/lib/libvirt/qemu/nvram/win11_VARS.fd</nvram>`,
    );
  });

  it('takes a block device as it is', () => {
    const xml = render(change({disk: '/dev/vg/win'}));
    expect(xml).toContain(`<disk type='block' device='disk'>`);
    expect(xml).toContain(`<source dev='/dev/vg/win'/>`);
  });

  it.skipIf(!existsSync('/usr/share/libvirt/schemas/domain.rng') || !existsSync('/usr/bin/xmllint')).each(plans)(
    "is valid for libvirt's own schema (skipped where it is not installed): %s",
    (_, plan, facts) => {
      expect(validate(render(plan, facts))).toContain('validates');
    },
  );

  it.skipIf(!existsSync('/usr/bin/virsh')).each(plans.slice(0, 5))(
    "is taken and kept by libvirt's parser (skipped where virsh is not installed): %s",
    (_, plan, facts) => {
      const xml = render(plan, facts);
      const dump = inFile(xml, (file) =>
        execFileSync('/usr/bin/virsh', ['-c', 'test:///default', `define ${file}; dumpxml ${plan.guest.name}`], {
          encoding: 'utf8',
        }),
      );
      const back = parse(dump.slice(dump.indexOf('<domain')).trimEnd() + '\n');

      const facets = (document: typeof back): readonly string[] =>
        kept.flatMap((name) =>
          named(document, name).map(
            (element) =>
              `${name} ${element.attributes
                .map((attribute) => `${attribute.name}=${attribute.value}`)
                .sort()
                .join(' ')}`,
          ),
        );
      expect(facets(back)).toEqual(facets(parse(xml)));
    },
  );
});

const inFile = <T>(text: string, use: (file: string) => T): T => {
  const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-domain-'));
  try {
    const file = join(directory, 'domain.xml');
    writeFileSync(file, text);
    return use(file);
  } finally {
    rmSync(directory, {recursive: true});
  }
};

const validate = (text: string): string =>
  inFile(text, (file) =>
    execFileSync(
      '/bin/sh',
      ['-c', '/usr/bin/xmllint --noout --relaxng /usr/share/libvirt/schemas/domain.rng "$1" 2>&1', 'sh', file],
      {encoding: 'utf8'},
    ),
  );

describe('hostile values', () => {
  const hostile = `</name><qemu:commandline><qemu:arg value='-x'/>'"&😀`;

  it('stay values', () => {
    const {root} = parse(
      render(
        change({
          name: hostile,
          disk: hostile,
          cdrom: hostile,
          network: hostile,
          emulator: hostile,
          hypervVendorId: hostile,
        }),
      ),
    );
    const devices = childNamed(root, 'devices');

    expect(childNamed(root, 'name')?.text).toBe(hostile);
    expect(childNamed(devices, 'emulator')?.text).toBe(hostile);
    expect(attributeOf(childNamed(childNamed(devices, 'interface'), 'source'), 'network')).toBe(hostile);
    expect(named(parse(render(change({name: hostile}))), 'qemu:arg')).toEqual([]);
  });

  it('of any kind give well-formed XML with these very values, or a refusal', () => {
    const isSafe = (value: string): boolean => {
      const result = renderNewDomain(change({name: value, disk: value}), sampleFacts());
      if (!result.ok)
        return result.findings[0]?.code === 'guest-xml-unusable' && /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/.test(value);
      const document = parse(result.xml);
      return childNamed(document.root, 'name')?.text === value && named(document, 'name').length === 1;
    };
    expect(() => assert(property(string({unit: 'binary'}), isSafe), {numRuns: 200})).not.toThrow();
  });

  it('in a ROM path stay values in an existing domain', () => {
    const plan: Plan = {
      ...samplePlan,
      devices: samplePlan.devices.map((device) => ({...device, assigned: {...device.assigned, rom: hostile}})),
    };
    const result = editDomain(domain(''), plan, sampleFacts(), 'x');
    expect(result.ok && named(parse(result.xml), 'rom').map((rom) => attributeOf(rom, 'file'))).toEqual([
      hostile,
      hostile,
    ]);
  });
});
