import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {NamedFile} from '../../src/facts/named-file.ts';
import {type KvmFacts, libvirtOf} from '../../src/facts/virtualisation.ts';
import {readHasVirtiofsd} from '../../src/host/libvirt/virtiofsd.ts';
import {editDomain} from '../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../src/hypervisor/kvm/domain/new-domain.ts';
import {guestTasks} from '../../src/hypervisor/kvm/guest/guest-tasks.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {kvmPlanOf, type KvmPlan} from '../../src/hypervisor/kvm/kvm-plan.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile, SharedFolder} from '../../src/profile/profile.ts';
import {openTree} from '../support/make-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {domain, sampleFacts as domainFacts, withGuest, windows11} from './domain/sample.ts';
import {schemaProblem, skipsSchema} from './domain/schema.ts';

const folder: SharedFolder = {dir: '/srv/share', tag: 'share'};

const decide = (
  share: readonly SharedFolder[],
  state: NamedFile['state'] = 'directory',
  libvirt: Partial<KvmFacts> = {},
  guest: Partial<Profile['guest']> = {},
) => {
  const named = share.map(({dir}): readonly [string, NamedFile] => [
    dir,
    {path: dir, state, volume: null, systems: [], isOsinfoThere: true, fileSystem: null, closedFolder: null},
  ]);
  const facts: HostFacts = {
    ...sampleFacts(),
    namedFiles: Object.fromEntries(named),
    virtualisation: {...libvirtOf(sampleFacts()), version: '9.0.0', ...libvirt},
  };
  const {plan, findings} = planPassthrough(facts, sampleProfile({guest: {...guest, share}}));
  return {facts, plan, found: findings.filter(({code}) => code.startsWith('guest-share'))};
};

const created = (plan: KvmPlan): string => {
  const result = renderNewDomain(plan, domainFacts());
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};
const edited = (xml: string, plan: KvmPlan): string => {
  const result = editDomain(xml, plan, domainFacts(), plan.guest.path);
  if (!result.ok) throw new Error(result.findings.map(({message}) => message).join('\n'));
  return result.xml;
};
const shares = [folder];
const withoutPages = (plan: KvmPlan): KvmPlan => ({...plan, memory: {...plan.memory, hugepages: null}});

describe('folders of the host in a profile', () => {
  it('are planned, and looked at before', () => {
    const {plan, found, facts} = decide([folder]);
    expect(found).toEqual([]);
    expect(kvmPlanOf(plan).guest.shares).toEqual([folder]);
    expect(kvm.namedPaths(facts, sampleProfile({guest: {share: [folder]}}).guest)).toContain('/srv/share');
  });

  it.each(['/', '/etc', '/var/', '/boot'])('are not the host itself: %s', (dir) => {
    expect(decide([{dir, tag: 'x'}]).found).toMatchObject([
      {code: 'guest-share-unusable', severity: 'blocker', message: expect.stringContaining("host's own system")},
    ]);
  });

  it.each([
    ['absent', 'guest-share-missing', 'warning', 'sudo mkdir -p /srv/share'],
    ['file', 'guest-share-unusable', 'blocker', 'Name a folder'],
  ] as const)('are told of where there is none: %s', (state, code, severity, remedy) => {
    expect(decide([folder], state).found).toMatchObject([{code, severity, remedy: expect.stringContaining(remedy)}]);
  });

  it('have a tag each', () => {
    expect(decide([folder, {...folder, dir: '/srv/other'}]).found).toMatchObject([
      {code: 'guest-share-unusable', severity: 'blocker', message: expect.stringContaining('the tag share')},
    ]);
  });

  it('need virtiofsd and a libvirt that starts it', () => {
    expect(decide([folder], 'directory', {hasVirtiofsd: false}).found).toMatchObject([
      {code: 'guest-share-no-program', severity: 'warning', remedy: expect.stringContaining('virtiofsd')},
    ]);
    expect(decide([folder], 'directory', {version: '6.8.0'}).found).toMatchObject([
      {code: 'guest-share-unusable', severity: 'blocker', message: expect.stringContaining('this is 6.8.0')},
    ]);
  });

  it('are mounted by a command in Linux, and by programs in Windows', () => {
    const taskOf = (os: Profile['guest']['os']) => {
      const {facts, plan} = decide([folder], 'directory', {}, {os, domain: 'new'});
      return guestTasks(facts, plan).afterReboot.find(({id}) => id === 'shared-folders');
    };
    expect(taskOf('linux')?.commands).toEqual([{text: 'mount -t virtiofs share /mnt', needsRoot: true}]);
    expect(taskOf('windows-11')).toMatchObject({commands: [], why: expect.stringContaining('WinFsp')});
  });
});

describe('folders of the host in a domain', () => {
  const line =
    /<filesystem type='mount' accessmode='passthrough'>\s*<driver type='virtiofs'\/>\s*<source dir='\/srv\/share'\/>\s*<target dir='share'\/>/;

  it('go through huge pages that are shared, or through a memfd where there are none', () => {
    const plan = {...windows11, guest: {...windows11.guest, shares}};
    expect(created(plan)).toMatch(line);
    expect(created(plan)).toMatch(/<hugepages>[^]*<access mode='shared'\/>\s*<allocation/);
    expect(created(plan)).not.toContain('memfd');
    expect(created(withoutPages(plan))).toMatch(
      /<memoryBacking>\s*<source type='memfd'\/>\s*<access mode='shared'\/>\s*<\/memoryBacking>/,
    );
  });

  it('find nothing to do when they are there, and replace memory that is not shared', () => {
    const plan = withoutPages(withGuest({shares}));
    const once = edited(domain(''), plan);
    expect(once).toMatch(line);
    expect(edited(once, plan)).toBe(once);
    const before = domain(
      "  <memoryBacking>\n    <source type='anonymous'/>\n    <access mode='private'/>\n  </memoryBacking>\n",
    );
    expect(edited(before, plan)).toMatch(/<source type='memfd'\/>\s*<access mode='shared'\/>/);
    const file = domain("  <memoryBacking>\n    <source type='file'/>\n  </memoryBacking>\n");
    expect(edited(file, plan)).toContain("<source type='file'/>");
  });

  it('keep a folder of the guest under another tag', () => {
    const mine =
      "    <filesystem type='mount'>\n      <source dir='/a'/>\n      <target dir='mine'/>\n    </filesystem>\n";
    expect(edited(domain('', mine), withGuest({shares}))).toContain(mine);
  });

  it.skipIf(skipsSchema)('are what the schema of libvirt accepts', () => {
    const plan = {...windows11, guest: {...windows11.guest, shares}};
    expect(schemaProblem(created(plan))).toBeNull();
    expect(schemaProblem(created(withoutPages(plan)))).toBeNull();
  });
});

describe('virtiofsd', () => {
  const text = '{"description": "QEMU virtiofsd vhost-user-fs", "type": "fs", "binary": "/usr/lib/qemu/virtiofsd"}';
  const path = '/usr/share/qemu/vhost-user/50-qemu-virtiofsd.json';

  it('is there where its description and its program are', () => {
    expect(readHasVirtiofsd(openTree({[path]: text, '/usr/lib/qemu/virtiofsd': ''}))).toBe(true);
    expect(readHasVirtiofsd(openTree({[path]: text}))).toBe(false);
    expect(readHasVirtiofsd(openTree({[path]: text.replace('"fs"', '"gpu"'), '/usr/lib/qemu/virtiofsd': ''}))).toBe(
      false,
    );
  });
});
