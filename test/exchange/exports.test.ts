import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Ajv} from 'ajv';
import {afterAll, describe, expect, it} from 'vitest';
import {parseAllDocuments} from 'yaml';
import {type Preview, previewChanges} from '../../src/changes/preview.ts';
import type {Exporter, Section} from '../../src/exchange/exporter.ts';
import {exportKubevirt} from '../../src/exchange/kubevirt/export-kubevirt.ts';
import {exportMachineconfig} from '../../src/exchange/machineconfig/export-machineconfig.ts';
import {exportNixos} from '../../src/exchange/nixos/export-nixos.ts';
import {exportNova} from '../../src/exchange/nova/export-nova.ts';
import {exportTalos} from '../../src/exchange/talos/export-talos.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readHost} from '../../src/host/read-host.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {profilePath} from '../support/run-cli.ts';
import {sampleSriov} from '../support/sample-facts.ts';

const scratch = mkdtempSync(join(tmpdir(), 'vfio-pilot-exports-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

type Planned = {readonly facts: HostFacts; readonly preview: Preview};

const plans = new Map<string, Planned>();

const planOf = (host: string): Planned => {
  const known = plans.get(host) ?? makePlan(host);
  plans.set(host, known);
  return known;
};

const makePlan = (host: string): Planned => {
  const facts = readHost(openSource(unpackHost(host), null));
  const {profile, findings} = decodeProfile(readFileSync(profilePath(host), 'utf8'), `${host}.yaml`);
  if (profile === null) throw new Error(JSON.stringify(findings));
  return {facts, preview: previewChanges(facts, profile)};
};

/** One of two equal cards, by address; a card on the node of the guest, with pages that a unit gives back; two nodes. */
const hosts = ['two-identical-cards', 'dell-r710-gtx1050', 'dual-socket-1gib'] as const;

const sectionsOf = (exporter: Exporter, {facts, preview}: Planned): readonly Section[] => exporter(facts, preview);
const textOf = (exporter: Exporter, planned: Planned): string =>
  sectionsOf(exporter, planned)
    .map(({lines}) => `${lines.join('\n')}\n`)
    .join('---\n');
const documentsOf = (exporter: Exporter, planned: Planned): readonly unknown[] =>
  parseAllDocuments(textOf(exporter, planned))
    .map((document) => document.toJSON() as unknown)
    .filter((document) => document !== null);

const withPlan = (planned: Planned, change: Partial<Plan>): Planned => ({
  facts: planned.facts,
  preview: {...planned.preview, plan: {...planned.preview.plan, ...change}},
});

describe('export kubevirt', () => {
  type Schema = {readonly properties?: object; readonly additionalProperties?: unknown};
  const {definitions} = JSON.parse(readFileSync(join(import.meta.dirname, 'kubevirt/api-extract.json'), 'utf8')) as {
    readonly definitions: Readonly<Record<string, Schema>>;
  };
  const ajv = new Ajv({strict: false, validateFormats: false});
  ajv.addSchema({
    $id: 'kubevirt',
    definitions: Object.fromEntries(
      Object.entries(definitions).map(([name, schema]) => [
        name,
        schema.properties === undefined ? schema : {additionalProperties: false, ...schema},
      ]),
    ),
  });
  const isValid = (document: unknown): boolean => {
    const check = ajv.getSchema(`kubevirt#/definitions/v1.${(document as {kind: string}).kind}`);
    if (check === undefined) throw new Error('no such type');
    return check(document) === true;
  };

  it.each(hosts)('%s: is what the API of KubeVirt takes', (host) => {
    const documents = documentsOf(exportKubevirt, planOf(host));
    expect(documents.map((document) => [(document as {kind: string}).kind, isValid(document)])).toEqual([
      ['KubeVirt', true],
      ['VirtualMachine', true],
    ]);
  });

  it('with every setting of a guest that it knows', () => {
    const planned = planOf('two-identical-cards');
    const {guest} = planned.preview.plan;
    if (guest.kind !== 'kvm') throw new Error('no libvirt');
    const full = withPlan(planned, {
      guest: {
        ...guest,
        firmware: 'uefi-secure',
        hasTpm: true,
        isKvmHidden: true,
        hypervVendorId: 'whatever',
        hyperv: ['spinlocks', 'reset', 'reenlightenment', 'evmcs', 'avic'],
      },
    });
    const [, machine] = documentsOf(exportKubevirt, full);
    expect(isValid(machine)).toBe(true);
    expect(machine).toMatchObject({
      spec: {
        template: {
          spec: {
            domain: {
              // KubeVirt's webhook: Secure Boot needs SMM.
              firmware: {bootloader: {efi: {secureBoot: true}}},
              features: {smm: {enabled: true}, kvm: {hidden: true}, hyperv: {vendorid: {vendorid: 'whatever'}}},
              devices: {tpm: {}},
            },
          },
        },
      },
    });
    expect(textOf(exportKubevirt, full)).toContain('# - The Hyper-V features avic.\n');
  });

  it.each([
    ['a misspelt member', (text: string) => text.replace('dedicatedCpuPlacement', 'dedicatedCPUPlacement')],
    ['a text where a number belongs', (text: string) => text.replace(/cores: (\d+)/, 'cores: "$1"')],
    ['a device without a name', (text: string) => text.replace(/- name: "pci0"\n\s+deviceName/, '- deviceName')],
    ['a permitted device without its resource', (text: string) => text.replace(/ +resourceName: .*\n/, '')],
  ])('is refused there with %s (control)', (_, breakIt) => {
    const text = textOf(exportKubevirt, planOf('two-identical-cards'));
    expect(breakIt(text)).not.toBe(text);
    const documents = parseAllDocuments(breakIt(text))
      .map((document) => document.toJSON() as unknown)
      .filter((document) => document !== null);
    expect(documents.map(isValid)).toContain(false);
  });

  it('asks for what the profile asks for, and says what of it the cluster decides', () => {
    const planned = planOf('two-identical-cards');
    const [cluster, machine] = documentsOf(exportKubevirt, planned);
    expect(cluster).toMatchObject({
      spec: {
        configuration: {
          permittedHostDevices: {
            pciHostDevices: [
              {pciVendorSelector: '10de:2504', resourceName: 'pci.vfio/10de_2504'},
              {pciVendorSelector: '10de:228e', resourceName: 'pci.vfio/10de_228e'},
            ],
          },
        },
      },
    });
    expect(machine).toMatchObject({
      metadata: {name: 'win10'},
      spec: {
        runStrategy: 'Halted',
        template: {
          spec: {
            domain: {
              cpu: {dedicatedCpuPlacement: true, sockets: 1, cores: 8, threads: 2, numa: {guestMappingPassthrough: {}}},
              memory: {guest: '24576Mi', hugepages: {pageSize: '1Gi'}},
              devices: {hostDevices: [{deviceName: 'pci.vfio/10de_2504'}, {deviceName: 'pci.vfio/10de_228e'}]},
            },
          },
        },
      },
    });
    expect(textOf(exportKubevirt, planned)).toMatch(/Which of equal devices: 0000:0a:00\.0 and 0000:0a:00\.1/);
  });

  it('asks for no node and says so where there are no huge pages', () => {
    const planned = planOf('two-identical-cards');
    const plain = withPlan(planned, {memory: {...planned.preview.plan.memory, hugepages: null}});
    const text = textOf(exportKubevirt, plain);
    expect(text).not.toMatch(/guestMappingPassthrough|pageSize/);
    expect(text).toContain('# - The memory node:');
  });

  it('refuses names that Kubernetes refuses', () => {
    const planned = planOf('two-identical-cards');
    const {guest} = planned.preview.plan;
    for (const name of ['Win 10', 'a_b', '-a', 'a'.repeat(41), 'a"\nkind: Secret'])
      expect(() => textOf(exportKubevirt, withPlan(planned, {guest: {...guest, name}}))).toThrow(
        'Kubernetes takes no such name',
      );
    expect(() => textOf(exportKubevirt, withPlan(planned, {profile: 'My profile'}))).toThrow('no such name');
  });
});

describe('export machineconfig', () => {
  type Config = {
    readonly storage: {readonly files: readonly {path: string; mode: unknown; contents: {source: string}}[]};
    readonly systemd?: {readonly units: readonly {readonly name: string; readonly contents: string}[]};
  };
  type Machine = {readonly spec: {readonly config: Config; readonly kernelArguments: readonly string[]}};
  const machineOf = (planned: Planned): Machine => documentsOf(exportMachineconfig, planned)[1] as Machine;
  const hasIgnition = spawnSync('ignition-validate', ['-version']).error === undefined;
  const validate = (config: unknown): {readonly status: number | null; readonly said: string} => {
    const file = join(scratch, 'config.ign');
    writeFileSync(file, JSON.stringify(config));
    const {status, stdout, stderr} = spawnSync('ignition-validate', [file], {encoding: 'utf8'});
    return {status, said: `${stdout}${stderr}`};
  };

  it.skipIf(!hasIgnition).each(hosts)('%s: has a config that Ignition takes without a word', (host) => {
    expect(validate(machineOf(planOf(host)).spec.config)).toEqual({status: 0, said: ''});
  });

  it.skipIf(!hasIgnition).each([
    [
      'a mode in octal',
      (config: Config) => ({...config, storage: {files: [{...config.storage.files[0], mode: '0644'}]}}),
    ],
    ['a path that is not absolute', (config: Config) => ({...config, storage: {files: [{path: 'etc/a'}]}})],
    ['no version', (config: Config) => ({...config, ignition: {}})],
    [
      'content that is no URL',
      (config: Config) => ({...config, storage: {files: [{path: '/etc/a', contents: {source: 'a b'}}]}}),
    ],
  ])('that is refused with %s (control)', (_, breakIt) => {
    expect(validate(breakIt(machineOf(planOf('dell-r710-gtx1050')).spec.config)).status).not.toBe(0);
  });

  it('writes the files of the plan, binds the address and gives back what is too much', () => {
    const {spec} = machineOf(planOf('dell-r710-gtx1050'));
    const texts = Object.fromEntries(
      spec.config.storage.files.map(({path, contents}) => [
        path,
        Buffer.from(contents.source.replace('data:;base64,', ''), 'base64').toString(),
      ]),
    );
    expect(texts['/etc/udev/rules.d/10-vfio-pilot.rules']).toContain('KERNEL=="0000:06:00.0"');
    expect(spec.config.storage.files.map(({mode}) => mode)).toEqual([0o644, 0o644]);
    expect(spec.kernelArguments).toEqual(expect.arrayContaining(['hugepagesz=2M', 'hugepages=12288']));
    expect(spec.config.systemd?.units).toMatchObject([
      {name: 'vfio-pilot-hugepages.service', contents: expect.stringContaining('nr_hugepages') as string},
    ]);
  });

  it('reaches no other nodes than those of its own pool', () => {
    const [pool, machine] = documentsOf(exportMachineconfig, planOf('dell-r710-gtx1050'));
    const role = 'vfio-dell-r710-gtx1050';
    expect(machine).toMatchObject({metadata: {labels: {'machineconfiguration.openshift.io/role': role}}});
    expect(pool).toMatchObject({
      kind: 'MachineConfigPool',
      spec: {nodeSelector: {matchLabels: {[`node-role.kubernetes.io/${role}`]: ''}}},
    });
  });

  it('loads vfio-pci where it binds by ids, which no rule does then', () => {
    const planned = planOf('dell-r710-gtx1050');
    const byIds = withPlan(planned, {binding: {...planned.preview.plan.binding, by: 'ids', byAddress: []}});
    expect(machineOf(byIds).spec.config.storage.files.map(({path}) => path)).toEqual([
      '/etc/modprobe.d/vfio-pilot.conf',
      '/etc/modules-load.d/vfio-pilot.conf',
    ]);
    expect(textOf(exportMachineconfig, byIds)).toContain('binding by ids takes all of them');
  });
});

describe('export talos', () => {
  it('binds each address, loads the modules, and has the arguments apart from the configuration', () => {
    const [config, ...others] = documentsOf(exportTalos, planOf('dell-r710-gtx1050'));
    expect(config).toMatchObject({
      machine: {kernel: {modules: expect.arrayContaining([{name: 'vfio_pci'}, {name: 'vfio_iommu_type1'}]) as object}},
    });
    const bind = (name: string) => ({
      apiVersion: 'v1alpha1',
      kind: 'PCIDriverRebindConfig',
      name,
      targetDriver: 'vfio-pci',
    });
    expect(others).toEqual([
      bind('0000:06:00.0'),
      bind('0000:06:00.1'),
      {customization: {extraKernelArgs: expect.arrayContaining(['hugepages=12288']) as object}},
    ]);
    const text = textOf(exportTalos, planOf('dell-r710-gtx1050'));
    expect(text).toContain('# Unproven: no program of Talos has read it.');
    expect(text).toContain('# - Giving back huge pages');
  });
});

describe('what a guest has of the host of the person in front of it', () => {
  it.each([exportKubevirt, exportNova])('is named among what is left out (%#)', (exporter) => {
    const planned = planOf('dell-r710-gtx1050');
    const {guest} = planned.preview.plan;
    if (guest.kind !== 'kvm') throw new Error('no guest of libvirt');
    const text = textOf(
      exporter,
      withPlan(planned, {
        devices: planned.preview.plan.devices.map((one) => ({...one, numaNode: 0})),
        guest: {
          ...guest,
          evdev: [{path: '/dev/input/by-id/usb-One-event-kbd', isKeyboard: true}],
          lookingGlass: {name: 'looking-glass', kvmfrDevice: null, sizeMiB: 64, user: 'alice', release: 'auto'},
          shares: [{dir: '/srv/share', tag: 'share'}],
        },
      }),
    );
    for (const said of ['(guest.evdev)', '(guest.lookingGlass)', '/srv/share (guest.share)'])
      expect(text).toContain(said);
    expect(textOf(exporter, planned)).not.toContain('guest.evdev');
  });
});

describe('export nova', () => {
  it('names each function by address, and asks for it by an alias of its ids', () => {
    const planned = planOf('dell-r710-gtx1050');
    const devices = planned.preview.plan.devices.map((one) => ({...one, numaNode: 0}));
    const [compute, api, flavor] = sectionsOf(exportNova, withPlan(planned, {devices}));
    const values = (section: Section | undefined, key: string): unknown[] =>
      (section?.lines ?? [])
        .filter((line) => line.startsWith(`${key} = `))
        .map((line) => JSON.parse(line.slice(key.length + 3)) as unknown);
    expect(values(compute, 'device_spec')).toEqual([{address: '0000:06:00.0'}, {address: '0000:06:00.1'}]);
    const alias = {vendor_id: '10de', device_type: 'type-PCI', numa_policy: 'required'};
    expect(values(compute, 'alias')).toEqual([
      {...alias, name: 'vfio-10de-1c81', product_id: '1c81'},
      {...alias, name: 'vfio-10de-0fb9', product_id: '0fb9'},
    ]);
    expect(values(api, 'alias')).toEqual(values(compute, 'alias'));
    // The firmware of this host names no node for the card.
    expect(textOf(exportNova, planned)).toContain('"numa_policy":"preferred"');
    expect(compute?.lines).toContain('# Unproven: nothing of OpenStack reads it in the tests.');
    expect(flavor?.lines.join('\n')).toContain('--vcpus 8 --ram 12288');
    for (const property of [
      'hw:cpu_policy=dedicated',
      'hw:numa_nodes=1',
      'hw:mem_page_size=2048KiB',
      'pci_passthrough:alias=vfio-10de-1c81:1,vfio-10de-0fb9:1',
    ])
      expect(flavor?.lines[1]).toContain(`--property ${property}`);
  });

  it('asks for a function that can make virtual ones as Nova wants it', () => {
    const {facts, preview} = planOf('dell-r710-gtx1050');
    const sriov = sampleSriov({total: 8, offset: 1, stride: 1, device: null, interface: null});
    const pci = facts.pci.map((one) => (one.address === '0000:06:00.0' ? {...one, sriov} : one));
    expect(textOf(exportNova, {facts: {...facts, pci}, preview})).toContain('"device_type":"type-PF"');
  });

  it('refuses a domain that Nova does not know', () => {
    const planned = planOf('dell-r710-gtx1050');
    const devices = planned.preview.plan.devices.map((one) => ({
      ...one,
      assigned: {type: 'pci', address: '10000:06:00.0', rom: null} as const,
    }));
    expect(() => textOf(exportNova, withPlan(planned, {devices}))).toThrow('PCI domains up to ffff');
  });
});

describe('export nixos', () => {
  const hasNix = spawnSync('nix-instantiate', ['--version']).error === undefined;
  const write = (text: string): string => {
    const file = join(mkdtempSync(join(scratch, 'nix-')), 'module.nix');
    writeFileSync(file, text);
    return file;
  };
  const nix = (args: readonly string[]) => spawnSync('nix-instantiate', args, {encoding: 'utf8'});

  it.skipIf(!hasNix).each(hosts)('%s: is a module that Nix parses, with the arguments of the plan', (host) => {
    const planned = planOf(host);
    const file = write(textOf(exportNixos, planned));
    expect(nix(['--parse', file]).status).toBe(0);
    const {stdout} = nix(['--eval', '--strict', '--json', '-E', `import ${file} { lib = { mkBefore = x: x; }; }`]);
    expect((JSON.parse(stdout) as {boot: object}).boot).toMatchObject({
      kernelParams: planned.preview.plan.kernelArguments.add.map(({text}) => text),
    });
  });

  it.skipIf(!hasNix)('that Nix refuses when a line of it is lost (control)', () => {
    const text = textOf(exportNixos, planOf('dell-r710-gtx1050'));
    expect(nix(['--parse', write(text.replace(/^ {2}'';$/m, ''))]).status).not.toBe(0);
  });

  it('says that the guest is not in it', () => {
    expect(textOf(exportNixos, planOf('dell-r710-gtx1050'))).toContain('# - The guest win10: it is kept by libvirt');
  });
});

describe('what they all refuse', () => {
  const all = [exportKubevirt, exportMachineconfig, exportTalos, exportNova, exportNixos];
  it.each(['sriov-nic', 'gvt-laptop'])('a part of a device (%s)', (host) => {
    const planned = planOf(host);
    for (const exporter of all) expect(() => textOf(exporter, planned)).toThrow('whole PCI functions only');
  });

  it('a card that the host has until the guest starts, where nothing of libvirt is there', () => {
    const planned = planOf('ryzen-one-card');
    expect(planned.preview.plan.handover).not.toBeNull();
    for (const exporter of [exportKubevirt, exportMachineconfig, exportTalos])
      expect(() => textOf(exporter, planned)).toThrow('until the guest starts');
  });

  it('a plan for Xen, whose arguments none of them has', () => {
    const planned = planOf('xen-desktop');
    for (const exporter of all.filter((one) => one !== exportNova))
      expect(() => textOf(exporter, planned)).toThrow('a hypervisor below this kernel');
    expect(() => textOf(exportNova, planned)).toThrow('libvirt and KVM');
  });

  it('a guest of Proxmox VE, for programs that ask libvirt', () => {
    const planned = planOf('proxmox-gpu');
    expect(() => textOf(exportKubevirt, planned)).toThrow('another program than libvirt');
    expect(() => textOf(exportNova, planned)).toThrow('libvirt and KVM');
  });
});
