import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {earlyBinding} from '../../src/binding/early-binding.ts';
import type {PciAddress} from '../../src/facts/pci-address.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {makeTree} from '../support/make-tree.ts';
import {sampleDevice} from '../support/sample-profile.ts';
import {xenFacts, xlOutput} from '../support/xen-facts.ts';
import {decide, findingOf, textOf} from '../hypervisor/xen/decide.ts';

const host = xenFacts();
const hidden = 'xen-pciback.hide=(0000:41:00.0)';
const argumentsOf = (...given: Parameters<typeof decide>) =>
  decide(...given).plan.kernelArguments.add.map(({text}) => text);

describe('the script of the initramfs', () => {
  const script = earlyBinding(decide(host).plan).claims(host.pci);

  /** With a sysfs of its own, and a modprobe that says what it was asked for. */
  const run = (files: Readonly<Record<string, string>>) => {
    const root = makeTree({});
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), {recursive: true});
      writeFileSync(join(root, path), text);
    }
    const text = script.replace('sysfs=/sys', `sysfs=${root}`).replace('run=/run', `run=${root}/run`);
    const {stdout, stderr, status} = spawnSync(
      'dash',
      ['-eu', '-c', `modprobe() { echo "modprobe $*"; }\n${text}\necho end\n`],
      {encoding: 'utf8'},
    );
    const forbidden = join(root, 'run/modprobe.d/vfio-pilot.conf');
    return {stdout, stderr, status, forbidden: existsSync(forbidden) ? readFileSync(forbidden, 'utf8') : null};
  };
  const card = {
    'bus/pci/devices/0000:41:00.0/vendor': '0x1234\n',
    'bus/pci/devices/0000:41:00.0/device': '0x1111\n',
  };

  it('loads the driver under Xen', () => {
    expect(run({...card, 'hypervisor/type': 'xen\n'})).toMatchObject({
      stdout: 'modprobe -q xen-pciback\nend\n',
      status: 0,
      forbidden: null,
    });
  });

  it('does nothing without Xen', () => {
    expect(run(card)).toMatchObject({stdout: 'end\n', status: 0, forbidden: null});
  });

  it('failure mode 85: hides nothing where another device is at the address now', () => {
    const moved = run({...card, 'bus/pci/devices/0000:41:00.0/device': '0x2222\n', 'hypervisor/type': 'xen\n'});
    // The list of modules of the image is loaded later.
    expect(moved).toMatchObject({stdout: 'end\n', status: 0, forbidden: 'install xen-pciback /bin/false\n'});
    expect(moved.stderr).toContain('0000:41:00.0 is now 0x1234:0x2222, not 0x1234:0x1111; nothing is hidden from dom0');
  });

  it('goes on where the card is not there', () => {
    expect(run({'hypervisor/type': 'xen\n'}).stdout).toBe('modprobe -q xen-pciback\nend\n');
  });
});

it('on dracut a hook before udev loads the driver, and the image has it without loading it sooner', () => {
  const facts = {...host, boot: {...host.boot, initramfs: 'dracut' as const}};
  const module = '/usr/lib/dracut/modules.d/90vfio-pilot';
  expect(textOf(facts, '/etc/dracut.conf.d/90-vfio-pilot.conf')).toMatch(
    /\nadd_drivers\+=" xen-pciback "\nadd_dracutmodules\+=" vfio-pilot "\n$/,
  );
  expect(textOf(facts, `${module}/module-setup.sh`)).toContain('inst_hook pre-udev 00 ');
  const hook = textOf(facts, `${module}/vfio-pilot.sh`) ?? '';
  expect(hook).toContain('expect 0000:41:00.0 0x1234 0x1111\n');
  expect(hook).toContain('modprobe -q xen-pciback\n');
  // dracut reads it into its own shell.
  const {stdout, status} = spawnSync('dash', ['-eu', '-c', `${hook}\necho "$PWD \${moved:-nothing} is left"`], {
    encoding: 'utf8',
    cwd: '/',
  });
  expect({stdout, status}).toEqual({stdout: '/ nothing is left\n', status: 0});
});

describe('the list of hidden functions', () => {
  const settings = '/etc/default/grub.d/xen.cfg';
  const withList = (list: string) =>
    xenFacts({[settings]: `GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="quiet xen-pciback.hide=${list}"\n`});

  it('failure mode 82: has what is in the files already, in the long form', () => {
    expect(argumentsOf(withList('(02:00.0)'))).toEqual(['xen-pciback.hide=(0000:02:00.0)(0000:41:00.0)']);
  });

  it('has the functions of a wildcard, and an address that is empty just now', () => {
    expect(argumentsOf(withList('(02:00.*)(0000:99:00.0)'))).toEqual([
      'xen-pciback.hide=(0000:02:00.0)(0000:41:00.0)(0000:99:00.0)',
    ]);
  });

  it('failure mode 30: is written without a piece that the driver does not understand, which is named', () => {
    const facts = withList('(02:00.0)(0b::00.1)');
    expect(argumentsOf(facts)).toEqual(['xen-pciback.hide=(0000:02:00.0)(0000:41:00.0)']);
    expect(findingOf(facts, 'xen-hide-malformed')).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/\(0b::00\.1\), which xen-pciback does not understand: .* no device at all/),
    });
  });

  it('keeps the card of another guest that is hidden now, and drops that of an earlier plan', () => {
    const running = {'/proc/cmdline': 'placeholder root=/dev/vda1 ro xen-pciback.hide=(0000:02:00.0)(0000:00:01.0)\n'};
    const other = {'/etc/xen/other.cfg': 'name = "other"\ntype = "hvm"\npci = [ "02:00.0" ]\n'};
    expect(argumentsOf(xenFacts({...running, ...other}))).toEqual(['xen-pciback.hide=(0000:02:00.0)(0000:41:00.0)']);
    expect(argumentsOf(xenFacts(running))).toEqual([hidden]);
  });

  it('is not written where the card is taken by hand', () => {
    const {plan} = decide(host, {binding: 'libvirt'});
    expect(plan.kernelArguments.add).toEqual([]);
    expect(plan.binding).toMatchObject({byAddress: [], initramfsModules: []});
  });

  it('needs nothing that a profile of KVM has left', () => {
    const own = '# Generated by vfio-pilot from profile x; edit the profile instead.\nsoftdep bochs pre: vfio-pci\n';
    const facts = xenFacts({'/etc/modprobe.d/vfio-pilot.conf': own});
    expect(decide(facts).changes.filter(({path}) => path === '/etc/modprobe.d/vfio-pilot.conf')).toMatchObject([
      {kind: 'remove'},
    ]);
  });
});

describe('after the boot', () => {
  const {plan} = decide(host);
  const line = `placeholder root=/dev/vda1 ro quiet ${hidden}\n`;
  const promisesOf = (changed: Parameters<typeof xenFacts>[0], driver: string | null) => {
    const facts = xenFacts(changed);
    const pci = facts.pci.map((one) => (one.address === '0000:41:00.0' ? {...one, driver} : one));
    return verifyPlan({...facts, pci, isLive: true}, {version: 3, plan, bootId: 'a'}, 'b');
  };
  const hiddenOf = (...given: Parameters<typeof promisesOf>) =>
    promisesOf(...given).find(({id}) => id === 'xen-hidden');

  it('the card is with pciback, and xl lists it', () => {
    const changed = {'/proc/cmdline': line, [xlOutput('pci-assignable-list')]: '0000:41:00.0 \n'};
    expect(hiddenOf(changed, 'pciback')).toMatchObject({
      status: 'kept',
      fact: expect.stringContaining('free for a guest'),
    });
    expect(promisesOf(changed, 'pciback').find(({id}) => id === 'device-driver')).toMatchObject({status: 'kept'});
  });

  it('failure mode 83: a driver that was faster is one fault, an argument that is not there another', () => {
    expect(hiddenOf({'/proc/cmdline': line}, 'bochs-drm')).toMatchObject({
      status: 'broken',
      remedy: expect.stringContaining('bochs-drm was faster'),
    });
    expect(hiddenOf({}, 'bochs-drm')).toMatchObject({
      status: 'broken',
      fact: expect.stringContaining('without it in xen-pciback.hide='),
    });
    expect(hiddenOf({'/proc/cmdline': line.replace(hidden, `${hidden}(1:0:1:0:)`)}, null)).toMatchObject({
      status: 'broken',
      remedy: expect.stringContaining('(1:0:1:0:)'),
    });
  });

  it('failure mode 84: a boot without Xen is named, and nothing of KVM is asked', () => {
    const bare = promisesOf({'/sys/hypervisor/type': null, '/proc/xen/capabilities': null}, 'bochs-drm');
    expect(bare.map(({id, status}) => `${id} ${status}`)).toEqual(
      expect.arrayContaining(['xen-running broken', 'xen-hidden broken']),
    );
    expect(bare.find(({id}) => id === 'xen-hidden')).toMatchObject({fact: 'This boot is without Xen.'});
    expect(bare.map(({id}) => id)).not.toContain('group-viable');
  });

  it('twins of the card are with dom0', () => {
    const twins = promisesOf({'/proc/cmdline': line}, 'pciback').filter(({id}) => id === 'host-display');
    expect(twins.map(({status, promise}) => [status, promise.slice(0, 12)])).toEqual([
      ['kept', '0000:00:01.0'],
      ['kept', '0000:02:00.0'],
    ]);
  });

  it('Xen has its arguments, and a running guest its pins', () => {
    const argument = promisesOf({'/proc/cmdline': line}, 'pciback').filter(({id}) => id === 'xen-argument');
    // The run had dom0_max_vcpus=2, and 1280M of memory.
    expect(argument.map(({id, status}) => `${id} ${status}`)).toEqual([
      'xen-argument broken',
      'xen-argument kept',
      'xen-argument broken',
    ]);
    const header = 'Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)\n';
    const pins = (first: string) =>
      promisesOf(
        {[xlOutput('vcpu-list')]: `${header}win 1 0 2 -b- 1.0 ${first} / all\nwin 1 1 3 -b- 1.0 3 / all\n`},
        'pciback',
      ).find(({id}) => id === 'guest-vcpu-pins');
    expect(pins('2')).toMatchObject({status: 'kept'});
    expect(pins('all')).toMatchObject({status: 'broken', fact: expect.stringContaining('vCPU 0 may run on all')});
    expect(promisesOf({}, 'pciback').find(({id}) => id === 'guest-vcpu-pins')).toBeUndefined();
  });
});

it('gives no function of a card that is not named', () => {
  const wanted: readonly PciAddress[] = ['0000:41:00.0'];
  expect(decide(host, {devices: wanted.map((address) => sampleDevice(address))}).plan.binding.byAddress).toEqual(
    wanted,
  );
});
