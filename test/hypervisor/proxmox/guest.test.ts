import {describe, expect, it} from 'vitest';
import {runChecks} from '../../../src/checks/run-checks.ts';
import {noMediated} from '../../../src/facts/mediated.ts';
import {proxmoxGuests} from '../../../src/hypervisor/proxmox/guests.ts';
import {sampleParent, sampleType} from '../../support/sample-mediated.ts';
import type {GuestClaim} from '../../../src/facts/guest-claims.ts';
import {renderProxmoxGuest} from '../../../src/hypervisor/proxmox/config/render-guest.ts';
import {isDnsName} from '../../../src/hypervisor/proxmox/guest/choose-new-guest.ts';
import {hypervisorOf} from '../../../src/hypervisor/hypervisors.ts';
import type {ProfileDevice} from '../../../src/profile/profile.ts';
import {decodePlanFile} from '../../support/decode-plan-file.ts';
import {proxmoxFacts} from '../../support/proxmox-facts.ts';
import {defaultShape, samplePci, samplePciFunctions, sampleSriov} from '../../support/sample-facts.ts';
import {sampleDevice} from '../../support/sample-profile.ts';
import {codesOf, decide, findingOf, linesOf, win10, type Wish} from './decide.ts';

describe('a guest that Proxmox VE has', () => {
  it('gets card, cores, memory of one node and huge pages, and keeps the rest', () => {
    const lines = linesOf(proxmoxFacts({101: win10}));
    expect(Object.fromEntries(lines)).toMatchObject({
      affinity: '2,4,6,8,14,16,18,20',
      balloon: '0',
      cores: '8',
      cpu: 'host',
      hostpci0: '0000:06:00,pcie=1',
      hugepages: '2',
      memory: '12288',
      numa: '1',
      numa0: 'cpus=0-7,hostnodes=0,memory=12288,policy=bind',
      scsi0: 'local-lvm:vm-101-disk-1,size=64G',
      name: 'win10',
    });
  });

  it('is found by its VMID, too, and two of one name are not told apart by it', () => {
    expect(decide(proxmoxFacts({101: win10}), {guest: {name: '101'}}).plan.guest).toMatchObject({
      name: 'win10',
      path: '/etc/pve/qemu-server/101.conf',
      isNew: false,
    });
    expect(codesOf(proxmoxFacts({101: win10, 102: win10}))).toContain('blocker guest-ambiguous');
    expect(codesOf(proxmoxFacts({101: win10, 102: win10}), {guest: {name: '102'}})).not.toContain(
      'blocker guest-ambiguous',
    );
  });

  it('keeps the options of the line that has the card, and a mapping that leads to it', () => {
    const facts = (line: string) => proxmoxFacts({101: `${win10}hostpci3: ${line}\n`}, {files: mapping});
    expect(linesOf(facts('06:00,rombar=0')).get('hostpci3')).toBe('06:00,rombar=0,pcie=1');
    expect(linesOf(facts('mapping=gpu')).get('hostpci3')).toBe('mapping=gpu,pcie=1');
    expect(linesOf(facts('0000:06:00.0,pcie=on')).get('hostpci3')).toBe('0000:06:00,pcie=on');
  });

  it('gets one function alone by its address, and a second line about the card goes', () => {
    const wish = {devices: [sampleDevice('0000:06:00.0', {id: '10de:1c81'})]};
    const facts = proxmoxFacts({101: `${win10}hostpci0: 0000:06:00.0\nhostpci1: 0000:06:00.1,pcie=1\n`});
    const lines = linesOf(facts);
    expect([lines.get('hostpci0'), lines.get('hostpci1')]).toEqual(['0000:06:00,pcie=1', undefined]);
    // The other function is in its group, and comes along.
    expect(linesOf(proxmoxFacts({101: win10}), wish).get('hostpci0')).toBe('0000:06:00,pcie=1');
  });

  it('gives a virtual function a line of its own, moves one whose address moved, and refuses what hostpci cannot set', () => {
    const of = '0000:04:00.0';
    const nic = samplePci(of, {class: '020000', driver: 'igb', iommuGroup: 30, sriov: sampleSriov()});
    const pci = [...samplePciFunctions, nic];
    const device = (mac: string | null, vgpu: string | null = null): ProfileDevice => ({
      kind: 'virtual-function',
      function: {
        of: {address: of, id: null, subsystem: null, upstream: null},
        index: 1,
        count: 'auto',
        id: null,
        vgpu,
        mixedSizes: false,
      },
      mac,
      vlan: null,
    });
    const wish = {devices: [device(null)]};
    expect(linesOf(proxmoxFacts({101: win10}, {overrides: {pci}}), wish).get('hostpci0')).toBe('0000:04:10.4,pcie=1');

    const claim = {of, index: 1, count: 2, id: null, address: '0000:05:10.4', vgpu: null} as const;
    const moved = proxmoxFacts({101: `${win10}hostpci2: 0000:05:10.4,pcie=1,rombar=0\n`}, {overrides: {pci}});
    const recorded: GuestClaim = {
      guest: 'win10',
      profile: 'sample',
      functions: [],
      virtualFunctions: [claim],
      mediatedDevices: [],
      usbDevices: [],
      pooledFunctions: [],
      kvmfr: null,
      moduleOptions: [],
      hugepages: null,
      isolation: {method: 'none', cpus: []},
      kernelArguments: [],
    };
    const lines = linesOf({...moved, guests: {...moved.guests, recorded: [recorded]}}, wish);
    expect([lines.get('hostpci0'), lines.get('hostpci2')]).toEqual([undefined, '0000:04:10.4,pcie=1,rombar=0']);

    const facts = proxmoxFacts({101: win10}, {overrides: {pci}});
    const {plan} = decide(facts, {devices: [device('52:54:00:12:34:56')]});
    expect(renderProxmoxGuest(facts, plan).findings).toMatchObject([
      {severity: 'blocker', code: 'guest-option-unsupported', subject: `${of}/virtfn1`},
    ]);
    const gpu = decide(facts, {devices: [device(null, 'NVIDIA L40S-12Q')]});
    expect(renderProxmoxGuest(facts, gpu.plan).findings).toMatchObject([
      {severity: 'blocker', remedy: expect.stringContaining('mdev=nvidia-NUMBER')},
    ]);
  });

  it('gives a slice by card and type, which Proxmox VE makes itself, and refuses what hostpci cannot say', () => {
    const parents = [
      sampleParent('0000:06:00.0', [sampleType('nvidia-256', 1024, 24), sampleType('nvidia-435', 1024, 24)]),
      sampleParent('mtty', [sampleType('mtty-1', null, 24)]),
    ];
    const overrides = {mediated: {...noMediated, parents}};
    const device = (parent: string, type: string, number: number, display = false): ProfileDevice => ({
      kind: 'mediated-device',
      mdev: {
        parent,
        id: null,
        subsystem: null,
        upstream: null,
        type,
        name: null,
        vramMiB: null,
        suffix: null,
        uuid: `11111111-2222-4333-8444-00000000000${number}`,
        attributes: [],
        display,
      },
    });
    const two = {devices: [1, 2].map((number) => device('0000:06:00.0', 'nvidia-256', number))};
    const facts = (text: string) => proxmoxFacts({101: text}, {overrides});
    const lines = linesOf(facts(win10), two);
    expect([lines.get('hostpci0'), lines.get('hostpci1')]).toEqual([
      '0000:06:00.0,pcie=1,mdev=nvidia-256',
      '0000:06:00.0,pcie=1,mdev=nvidia-256',
    ]);
    const {plan} = decide(facts(win10), two);
    expect(plan.devices).toMatchObject([{assigned: {madeBy: 'hypervisor'}}, {assigned: {madeBy: 'hypervisor'}}]);
    const had = `${win10}hostpci3: 0000:06:00.0,mdev=nvidia-435,rombar=0\n`;
    const changed = linesOf(facts(had), {devices: two.devices.slice(0, 1)});
    expect([changed.get('hostpci0'), changed.get('hostpci3')]).toEqual([
      undefined,
      '0000:06:00.0,mdev=nvidia-256,rombar=0,pcie=1',
    ]);
    // A guest with a slice does not have the card whole.
    expect(proxmoxGuests(facts(had))).toMatchObject([
      {use: {hostdevs: [], mediated: [{uuid: null, parent: '0000:06:00.0'}]}},
    ]);
    const refused = (one: ProfileDevice) => {
      const decided = decide(facts(win10), {devices: [one]});
      return renderProxmoxGuest(facts(win10), decided.plan).findings;
    };
    expect(refused(device('mtty', 'mtty-1', 1))).toMatchObject([
      {code: 'guest-option-unsupported', subject: 'mtty/mtty-1'},
    ]);
    expect(refused(device('0000:06:00.0', 'nvidia-256', 1, true))).toMatchObject([
      {code: 'guest-option-unsupported', message: expect.stringContaining('without display')},
    ]);
  });

  it('gives a USB device a line by ids or by port, and keeps the one that it has', () => {
    const usb = (id: string, port: string | null): ProfileDevice => ({kind: 'usb-device', usb: {id, port}});
    const wish = {devices: [usb('046d:c21f', null), usb('1234:5678', '1-4.2')]};
    const lines = linesOf(proxmoxFacts({101: `${win10}usb1: host=046D:C21F,usb3=1\n`}), wish);
    expect(['usb0', 'usb1'].map((key) => lines.get(key))).toEqual(['host=1-4.2', 'host=046D:C21F,usb3=1']);
    const facts = proxmoxFacts({101: win10});
    const many = Array.from({length: 6}, (_, index) => usb(`1234:000${index}`, null));
    expect(renderProxmoxGuest(facts, decide(facts, {devices: many}).plan).findings).toMatchObject([
      {code: 'guest-option-unsupported', message: expect.stringContaining('usb0 to usb4')},
    ]);
    const {plan} = decide(facts, {devices: [usb('046d:c21f', '1-2')]});
    expect(plan.devices).toMatchObject([{assigned: {isNative: true}}]);
  });

  it('failure mode 71: has no PCI Express on i440fx, and x-vga, which hides KVM, is not added', () => {
    const old = win10.replace('pc-q35-9.0', 'pc-i440fx-9.0').replace('bios: ovmf\n', '');
    expect(linesOf(proxmoxFacts({101: old})).get('hostpci0')).toBe('0000:06:00');
    expect(findingOf(proxmoxFacts({101: old}), 'guest-setting-replaced')?.remedy).toContain('qm set 101 --machine q35');
  });

  it('hides KVM only where that is needed, with a vendor id that Proxmox takes', () => {
    const facts = proxmoxFacts({101: win10.replace('cpu: host', 'cpu: x86-64-v2-AES,flags=+aes')});
    expect(linesOf(facts).get('cpu')).toBe('host,flags=+aes');
    expect(linesOf(facts, {guest: {nvidiaDriver: 'before-r465'}}).get('cpu')).toBe(
      'host,flags=+aes,hidden=1,hv-vendor-id=vfiopilot',
    );
    const hidden = proxmoxFacts({101: win10.replace('cpu: host', 'cpu: host,hidden=1')});
    expect(linesOf(hidden).get('cpu')).toBe('host,hidden=1');
    expect(linesOf(hidden, {guest: {hideHypervisor: false}}).get('cpu')).toBe('host');
    expect(codesOf(facts, {guest: {hypervVendorId: 'vfio-pilot!'}})).toContain('blocker guest-option-unsupported');
  });

  it('on two nodes has a cell for each, whose sum is its memory', () => {
    const lines = linesOf(proxmoxFacts({101: win10}), {cpu: {vcpus: 16}, memory: {sizeMiB: 24_576}});
    expect([lines.get('numa0'), lines.get('numa1')]).toEqual([
      'cpus=0-7,hostnodes=0,memory=12288,policy=bind',
      'cpus=8-15,hostnodes=1,memory=12288,policy=bind',
    ]);
  });

  it('without huge pages on one node has no numa line, and none of an older size is left', () => {
    const shape = {...defaultShape, nodes: 1};
    const facts = proxmoxFacts(
      {101: `${win10}hugepages: 2\nnuma: 1\nnuma0: cpus=0-3,hostnodes=0,memory=8192,policy=bind\n`},
      {shape},
    );
    const lines = linesOf(facts, {memory: {hugepages: 'none'}}, 1);
    expect([lines.get('numa0'), lines.get('hugepages')]).toEqual([undefined, undefined]);
  });

  it('is unchanged when everything is so already', () => {
    const facts = proxmoxFacts({101: win10});
    const {plan} = decide(facts);
    const [first] = renderProxmoxGuest(facts, plan).artifacts;
    const text = first?.kind === 'file' ? first.text : '';
    const [second] = renderProxmoxGuest(proxmoxFacts({101: text}), plan).artifacts;
    expect(second?.kind === 'file' ? second.text : null).toBe(text);
  });
});

const mapping = {
  '/etc/pve/mapping/pci.cfg':
    'gpu\n\tmap id=10de:1c81,iommugroup=17,node=pve1,path=0000:06:00\n\tmap node=pve2,path=0000:41:00\n',
};

describe('a new guest', () => {
  it('is one for Windows 11 with Secure Boot, a TPM and the lowest free VMID', () => {
    const files = {'/etc/pve/nodes/pve2/qemu-server/100.conf': '', '/etc/pve/nodes/pve1/lxc/101.conf': ''};
    const lines = linesOf(proxmoxFacts({}, {files}), {
      guest: {name: 'gaming', os: 'windows-11', cdrom: '/iso/win.iso'},
    });
    expect(Object.fromEntries(lines)).toMatchObject({
      bios: 'ovmf',
      efidisk0: 'local-lvm:1,efitype=4m,pre-enrolled-keys=1',
      ide2: '/iso/win.iso,media=cdrom',
      machine: 'q35',
      name: 'gaming',
      net0: 'virtio,bridge=vmbr0',
      ostype: 'win11',
      tpmstate0: 'local-lvm:1,version=v2.0',
    });
    expect(decide(proxmoxFacts({}, {files}), {guest: {name: 'gaming'}}).plan.guest).toMatchObject({
      path: '/etc/pve/qemu-server/102.conf',
      isNew: true,
    });
  });

  it('is the command of qm below another root, where nothing can make its disks', () => {
    const facts = proxmoxFacts({}, {overrides: {isLive: false}});
    const {artifacts} = renderProxmoxGuest(facts, decide(facts).plan);
    expect(artifacts).toMatchObject([
      {kind: 'command', argv: expect.arrayContaining(['/usr/sbin/qm', 'create', '100', '--hostpci0', '--numa0'])},
    ]);
  });

  it('with BIOS has the card as its first screen', () => {
    expect(linesOf(proxmoxFacts({}), {guest: {firmware: 'bios'}}).get('hostpci0')).toBe('0000:06:00,pcie=1,x-vga=1');
  });

  it.each([
    ['guest-option-unsupported', {guest: {name: 'Windows 10'}}, {}],
    ['guest-exists', {guest: {name: '105'}}, {'/etc/pve/nodes/pve2/lxc/105.conf': ''}],
    ['guest-firmware-missing', {}, {'/etc/pve/storage.cfg': 'dir: local\n\tcontent iso\n'}],
    ['guest-option-unsupported', {guest: {network: 'vmbr7'}}, {}],
  ])('is refused with %s', (code, wish, files) => {
    expect(codesOf(proxmoxFacts({}, {files}), wish as Wish)).toContain(`blocker ${code}`);
  });
});

describe('what Proxmox would die of is said before', () => {
  it.each([
    ['blocker guest-locked', `${win10}lock: backup\n`],
    ['blocker guest-locked', `${win10}template: 1\n`],
    ['blocker guest-option-unsupported', `${win10}hotplug: network,memory\n`],
    ['warning guest-autostart', `${win10}onboot: 1\n`],
  ])('failure mode 79 and what is like it: %s', (code, conf) => {
    expect(codesOf(proxmoxFacts({101: conf}))).toContain(code);
  });

  it('failure mode 76: a cluster without quorum', () => {
    const files = (quorate: number) => ({'/etc/pve/.members': `{"nodename":"pve1","cluster":{"quorate":${quorate}}}`});
    expect(codesOf(proxmoxFacts({101: win10}, {files: files(0)}))).toContain('blocker proxmox-no-quorum');
    expect(codesOf(proxmoxFacts({101: win10}, {files: files(1)}))).not.toContain('blocker proxmox-no-quorum');
    expect(codesOf(proxmoxFacts({101: win10}, {files: {'/etc/pve/.members': '{"nodename":"pve1"}'}}))).not.toContain(
      'blocker proxmox-no-quorum',
    );
  });

  it('sixteen lines of other cards', () => {
    const lines = Array.from({length: 16}, (_, index) => `hostpci${index}: 0000:0a:0${index % 8}.0\n`).join('');
    const facts = proxmoxFacts({101: `${win10}${lines}`});
    expect(renderProxmoxGuest(facts, decide(facts).plan).findings).toMatchObject([
      {severity: 'blocker', code: 'guest-option-unsupported'},
    ]);
  });

  it.each([
    ['hugepagesz=2M hugepages=0:512,1:512', '0 pages of 2 MiB'],
    ['hugepages=0:512', '0 pages of 2 MiB'],
    ['default_hugepagesz=1G hugepages=8', '0 pages of 1024 MiB'],
    ['hugepagesz=1G hugepages=8 hugepagesz=2M hugepages=0:512', '0 pages of 2 MiB'],
    ['hugepagesz=2M hugepages=512 hugepages=1024', '512 pages of 2 MiB'],
    ['hugepagesz=2M hugepages=1024', null],
    ['default_hugepagesz=1G hugepagesz=1G hugepages=8', null],
    ['quiet', null],
  ])('failure mode 80: a pool that Proxmox sets to another number than %s says', (line, reading) => {
    const {boot} = proxmoxFacts({101: win10});
    const facts = proxmoxFacts({101: win10}, {overrides: {boot: {...boot, commandLine: `ro ${line} quiet`}}});
    expect(codesOf(facts).includes('warning proxmox-pages-lost')).toBe(reading !== null);
    if (reading !== null) expect(findingOf(facts, 'proxmox-pages-lost')?.message).toContain(`reads as ${reading}:`);
    expect(runChecks(facts).some(({id}) => id === 'proxmox-pages')).toBe(reading !== null);
  });

  it('pages are left to Proxmox, so that no argument sets any aside', () => {
    const {plan} = decide(proxmoxFacts({101: win10}));
    expect(plan.memory.hugepages).toMatchObject({method: 'hook', mount: null});
    expect(plan.kernelArguments.add.filter(({text}) => text.includes('hugepage'))).toEqual([]);
  });

  it('a ROM file elsewhere than where Proxmox looks', () => {
    const rom = (path: string) => ({devices: [sampleDevice('0000:06:00.0', {id: '10de:1c81', rom: path})]});
    const facts = proxmoxFacts({101: win10});
    expect(codesOf(facts, rom('/usr/share/vgabios/a.rom'))).toContain('blocker guest-rom-invalid');
    expect(codesOf(facts, rom('/usr/share/kvm/a.rom'))).not.toContain('blocker guest-rom-invalid');
    expect(linesOf(facts, rom('/usr/share/kvm/a.rom')).get('hostpci0')).toBe('0000:06:00,pcie=1,romfile=a.rom');
  });

  it('keys that say nothing here are named', () => {
    const wish = {cpu: {emulator: [0]}, guest: {hyperv: 'none', numaCell: false, disk: '/x.qcow2'}} as const;
    const {findings} = decide(proxmoxFacts({101: win10}), wish);
    expect(findings.filter(({code}) => code === 'guest-option-unsupported').map(({subject}) => subject)).toEqual([
      'cpu.emulator',
      'guest.disk',
      'guest.hyperv',
      'guest.numaCell',
    ]);
  });
});

describe('other guests', () => {
  const other = 'name: mac\nhostpci0: 06:00\n';

  it('with the same card, by address or by a mapping of this node, are named', () => {
    const shared = (conf: string) =>
      findingOf(proxmoxFacts({101: win10, 102: conf}, {files: mapping}), 'device-shared-with-guest');
    expect(shared(other)?.message).toContain('The guest mac has');
    expect(shared('hostpci0: mapping=gpu\n')?.message).toContain('The guest 102 has');
    expect(shared(`${other}template: 1\n`)).toBeUndefined();
    expect(shared('hostpci0: 0000:0a:03.0\n')).toBeUndefined();
  });

  it('failure mode 70: that start with the host and take what it needs are an error of the check', () => {
    const facts = proxmoxFacts({101: win10, 102: `${other}onboot: 1\n`}, {overrides: {needs: [need]}});
    expect(findingOf(facts, 'proxmox-card-at-boot')?.remedy).toContain('qm set 102 --onboot 0');
    expect(runChecks(facts).find(({id}) => id === 'proxmox-cards')).toMatchObject({status: 'error'});
    const off = proxmoxFacts({101: win10, 102: other}, {overrides: {needs: [need]}});
    expect(findingOf(off, 'proxmox-card-at-boot')).toBeUndefined();
    expect(runChecks(off).find(({id}) => id === 'proxmox-cards')).toMatchObject({status: 'info'});
  });

  it('with huge pages and numa lines have that memory to themselves', () => {
    const paged = 'memory: 20480\nhugepages: 1024\nnuma: 1\nnuma0: cpus=0,hostnodes=0,memory=20480,policy=bind\n';
    expect(codesOf(proxmoxFacts({101: win10, 103: paged}), {memory: {node: 0}})).toContain('blocker memory-too-large');
  });
});

const need = {address: '0000:06:00.1', kind: 'display', chain: 'the only screen → 0000:06:00.1', spares: []} as const;

it('failure mode 72: nobody is told to install libvirt or a QEMU of the distribution', () => {
  for (const facts of [proxmoxFacts({101: win10}), proxmoxFacts({})]) {
    const {plan, findings} = decide(facts, {binding: 'libvirt'});
    const words = JSON.stringify([
      findings,
      plan.decisions,
      runChecks(facts),
      renderProxmoxGuest(facts, plan).findings,
    ]);
    expect(words).not.toMatch(
      /nstall (?:libvirt|the packages? (?:ovmf|swtpm))|qemu-system-x86|libvirt-daemon|virsh|libvirt takes/,
    );
    expect(hypervisorOf(facts).kind).toBe('proxmox');
  }
});

it('a plan comes back from its file', () => {
  const {plan} = decide(proxmoxFacts({101: win10}));
  expect(decodePlanFile(plan)).toEqual(plan);
});

it.each([
  ['win10', true],
  ['a.b-c', true],
  ['-a', false],
  ['a b', false],
  ['ä', false],
  ['', false],
])('%j as a name in DNS: %s', (name, isOne) => {
  expect(isDnsName(name)).toBe(isOne);
});
