import {describe, expect, it} from 'vitest';
import {editDomain} from '../../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../../src/hypervisor/kvm/domain/new-domain.ts';
import type {KvmPlan} from '../../../src/hypervisor/kvm/kvm-plan.ts';
import {kvmfrMemories} from '../../../src/hypervisor/kvm/looking-glass/qemu-arguments.ts';
import {parseXmlBeginning} from '../../../src/formats/xml/document.ts';
import type {KvmGuestPlan, LookingGlassPlan} from '../../../src/plan/plan.ts';
import {defineAll, hasQemuDriver} from './qemu-driver.ts';
import {domain, sampleFacts, windows11, withGuest} from './sample.ts';
import {schemaProblem, skipsSchema} from './schema.ts';

const lookingGlass: LookingGlassPlan = {
  name: 'looking-glass',
  kvmfrDevice: 0,
  sizeMiB: 64,
  user: 'alice',
  release: 'auto',
};

const planned = (guest: Partial<KvmGuestPlan> = {}): KvmPlan => ({
  ...windows11,
  guest: {...windows11.guest, lookingGlass, screen: 'spice', ...guest},
});

const created = (plan: KvmPlan, facts = sampleFacts()): string => {
  const result = renderNewDomain(plan, facts);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};

const edit = (xml: string, plan: KvmPlan, facts = sampleFacts()) => {
  const result = editDomain(xml, {...plan, guest: {...plan.guest, isNew: false}}, facts, plan.guest.path);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result;
};
const edited = (xml: string, plan: KvmPlan, facts = sampleFacts()): string => edit(xml, plan, facts).xml;

const argumentsOf = (xml: string): readonly string[] =>
  [...xml.matchAll(/<q(?:emu)?:arg value=(?:'([^']*)'|"([^"]*)")\/>/g)].map(([, one, other]) => one ?? other ?? '');

const memory = {
  'qom-type': 'memory-backend-file',
  id: 'looking-glass',
  'mem-path': '/dev/kvmfr0',
  size: 67_108_864,
  share: true,
};
const both = [
  '-device',
  '{"driver":"ivshmem-plain","id":"looking-glass-window","memdev":"looking-glass"}',
  '-object',
  JSON.stringify(memory),
];
const phases = ['install', 'prepare', 'run'] as const;

/** As Looking Glass' own page has it. */
const byHand = `  <qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    <qemu:arg value='-cpu'/>
    <qemu:arg value='host'/>
    <qemu:arg value='-device'/>
    <qemu:arg value="{'driver':'ivshmem-plain','id':'shmem0','memdev':'lg'}"/>
    <qemu:arg value='-object'/>
    <qemu:arg value="{'qom-type':'memory-backend-file','id':'lg','mem-path':'/dev/kvmfr0','size':67108864,'share':true}"/>
  </qemu:commandline>
`;

describe('kvmfr in a domain', () => {
  it('is memory and a device among the arguments of QEMU', () => {
    const xml = created(planned());
    expect(argumentsOf(xml)).toEqual(both);
    expect(xml).toContain("<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>");
    expect(xml.indexOf('</devices>')).toBeLessThan(xml.indexOf('<qemu:commandline>'));
    expect(xml).not.toContain('<shmem');
    expect(xml).toContain("<target type='virtio' name='com.redhat.spice.0'/>");
  });

  it('is in the older words of QEMU where JSON is not read', () => {
    const old = [
      '-device',
      'ivshmem-plain,id=looking-glass-window,memdev=looking-glass',
      '-object',
      'memory-backend-file,id=looking-glass,mem-path=/dev/kvmfr0,size=64M,share=on',
    ];
    expect(argumentsOf(created(planned(), sampleFacts({virtualisation: {version: '7.0.0'}})))).toEqual(old);
    expect(argumentsOf(created(planned(), sampleFacts({virtualisation: {qemuVersion: '5.2.0'}})))).toEqual(old);
    expect(argumentsOf(created(planned(), sampleFacts({virtualisation: {version: null}})))).toEqual(both);
  });

  it.each(phases.flatMap((from) => phases.map((to) => [from, to] as const)))(
    'comes and goes with the phase from %s to %s, and finds nothing to do then',
    (from, to) => {
      const moved = edited(created(planned({phase: from})), planned({phase: to}));
      expect(argumentsOf(moved)).toEqual(to === 'install' ? [] : both);
      expect(moved.includes('commandline')).toBe(to !== 'install');
      expect(edited(moved, planned({phase: to}))).toBe(moved);
    },
  );

  it('that somebody wrote by hand stays to the byte where it says the same, and every other argument always', () => {
    const before = domain(byHand);
    const after = edited(before, withGuest({lookingGlass}));
    expect(after).toContain(byHand);
    const larger = edited(before, withGuest({lookingGlass: {...lookingGlass, sizeMiB: 128, kvmfrDevice: 1}}));
    expect(argumentsOf(larger)).toEqual([
      '-cpu',
      'host',
      '-device',
      "{'driver':'ivshmem-plain','id':'shmem0','memdev':'lg'}",
      '-object',
      JSON.stringify({...memory, id: 'lg', 'mem-path': '/dev/kvmfr1', size: 134_217_728}).replaceAll('"', '&quot;'),
    ]);
    const [read] = kvmfrMemories(parseXmlBeginning(larger).root);
    expect(read).toMatchObject({device: 1, bytes: 134_217_728, id: 'lg', isJson: true, hasDevice: true});
  });

  it('gets the device where only the memory is there, and one memory alone', () => {
    const line = `memory-backend-file,id=lg,mem-path=/dev/kvmfr0,size=67108864,share=on`;
    const half = domain(
      `  <q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>\n    <q:arg value='-object'/>\n    <q:arg value='${line}'/>\n    <q:arg value='-object'/>\n    <q:arg value='${line.replaceAll('lg', 'l2')}'/>\n  </q:commandline>\n`,
    );
    const after = edited(half, withGuest({lookingGlass}));
    expect(argumentsOf(after)).toEqual(['-object', line, '-device', 'ivshmem-plain,id=lg-window,memdev=lg']);
    expect(edited(after, withGuest({lookingGlass}))).toBe(after);
  });

  it('takes the place of a file in /dev/shm, and is replaced by one, with a word', () => {
    const file = withGuest({lookingGlass: {...lookingGlass, kvmfrDevice: null}});
    const withFile = edited(domain(''), file);
    expect(withFile).toContain('<shmem');
    const device = edited(withFile, withGuest({lookingGlass}));
    expect(device).not.toContain('<shmem');
    expect(argumentsOf(device)).toEqual(both);
    const {xml, findings} = edit(domain(byHand), file);
    expect(argumentsOf(xml)).toEqual(['-cpu', 'host']);
    expect(findings).toMatchObject([{code: 'guest-setting-replaced', severity: 'note'}]);
  });

  it('stays to the byte in a guest whose plan has no Looking Glass', () => {
    expect(edited(domain(byHand), withGuest({}))).toContain(byHand);
  });

  it.skipIf(skipsSchema).each([null, ...phases])(
    'is a domain that the schema of libvirt accepts in the phase %s',
    (phase) => {
      expect(schemaProblem(created(planned({phase})))).toBeNull();
      const plain = created({...windows11, guest: {...windows11.guest, phase}});
      expect(schemaProblem(edited(plain, planned({phase})))).toBeNull();
      expect(schemaProblem(edited(domain(byHand), withGuest({lookingGlass})))).toBeNull();
    },
  );

  it.skipIf(!hasQemuDriver)("is what libvirt's own driver defines, in both forms (skipped without it)", () => {
    const linux = planned({os: 'linux', firmware: 'uefi', hasTpm: false, screen: 'vnc'});
    const forms = [created(linux), created(linux, sampleFacts({virtualisation: {version: '7.0.0'}}))];
    for (const {xml, said} of defineAll(forms)) {
      expect(said).toBe('');
      const [read] = kvmfrMemories(parseXmlBeginning(xml ?? '').root);
      expect(read).toMatchObject({device: 0, bytes: 67_108_864, hasDevice: true});
    }
  });
});
