import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {isFileChange} from '../../src/changes/change.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import {importDomain} from '../../src/exchange/libvirt/import-domain.ts';
import type {XmlElement} from '../../src/formats/xml/document.ts';
import {parseDomain} from '../../src/hypervisor/kvm/domain/parse-domain.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {parse} from '../hypervisor/domain/canonical.ts';
import {corpusDirectory} from '../support/shared-data.ts';
import {domainFacts} from './domain-facts.ts';
import {replay, withGuests} from './replay.ts';

const corpus = corpusDirectory();
const directory = corpus === null ? null : join(corpus, 'mined/domain-xml');
const read = (name: string): string => readFileSync(join(directory ?? '', name), 'utf8');
const usable =
  directory === null
    ? []
    : readdirSync(directory)
        .filter((name) => parseDomain(read(name), name).ok)
        .sort();
/** Their only device is a slice that no other machine has. */
const isForeign = (name: string): boolean => !/<hostdev[^>]*\stype=['"](?:pci|usb)['"]/.test(read(name));

/** `devices/hostdev`, with attributes and own text, one line for each element. */
const linesOf = (xml: string): readonly string[] => {
  const visit = (element: XmlElement, path: string): readonly string[] => [
    `${path} ${element.attributes.map(({name, value}) => `${name}=${value}`).join(' ')} ${element.text.trim()}`,
    ...element.children.flatMap((child) => visit(child, `${path === '' ? '' : `${path}/`}${child.name}`)),
  ];
  return parse(xml).root.children.flatMap((child) => visit(child, child.name));
};

const without = (lines: readonly string[], others: readonly string[]): readonly string[] => {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

/** What a plan of an imported profile may change, with the reason; everything else of the domain is as before. */
const reasons: readonly (readonly [pattern: RegExp, because: string])[] = [
  [
    /^cpu($|\/(model|vendor|topology|cache|maxphysaddr)$)/,
    'a guest with a card has the CPU of the host, and its caches',
  ],
  [/^cpu\/feature policy=\w+ name=topoext/, 'threads are shown with it on AMD, and not on Intel'],
  [/^cpu\/numa($|\/)/, 'cells are made anew where there were several'],
  [/^devices\/memballoon($|\/)/, 'a balloon can give back nothing that a card holds'],
  [/^memoryBacking($|\/allocation$)/, 'hugepages are allocated at the start'],
  [/^memoryBacking\/hugepages($|\/page$)/, 'the default size of the host is named'],
  [/^cputune($|\/(vcpupin|emulatorpin)$)/, 'what is not pinned one to one, is'],
  [/^numatune($|\/(memory|memnode)$)/, 'the memory is on the node of the card'],
  [/^(vcpu$|vcpus($|\/))/, 'all vCPUs are there from the start'],
  [
    /^features($|\/(kvm$|kvm\/hidden|hyperv$|hyperv\/))/,
    'where KVM is hidden there is a vendor id, and the features are listed',
  ],
  [/^clock\/timer$/, 'the synthetic timer of Windows counts on a clock'],
  [/^devices\/hostdev(\/source)?$/, 'libvirt binds the card; a USB device is optional'],
  [/^currentMemory$/, 'all memory is there'],
  [/^memory unit=(GB|KiB) (10|9764864)$/, 'a size of 10 GB is no whole MiB'],
];

describe.skipIf(directory === null)('import libvirt of real domains (skipped where the corpus is not there)', () => {
  it('knows all but three, whose only device is a mediated one that is not there', () => {
    expect(usable).toHaveLength(100);
    const foreign = usable.filter(isForeign);
    expect(foreign).toHaveLength(3);
    for (const file of foreign) {
      const {facts, name} = domainFacts(read(file));
      expect(() => importDomain(facts, {word: name})).toThrow('neither there nor defined on this host');
    }
  });

  it.each(usable.filter((name) => !isForeign(name)))(
    '%s: a plan of it leaves the domain as it was, but for the list',
    (file) => {
      const xml = read(file);
      const {facts, name, path} = domainFacts(xml);
      const {profile: imported, leftOut} = importDomain(facts, {word: name});
      const {profile, findings} = decodeProfile(encodeProfile(imported), 'profile.yaml');
      expect(findings).toEqual([]);
      if (profile === null) throw new Error('no profile');
      expect(profile.devices).toEqual(imported.devices);
      const preview = previewChanges(facts, profile);
      const change = preview.changes.filter(isFileChange).find((one) => one.path === path);
      const after = change?.content?.text ?? xml;

      const [before, now] = [linesOf(xml), linesOf(after)];
      const changed = [...without(before, now), ...without(now, before)];
      const pathOf = (line: string): string => line.split(' ')[0] ?? '';
      const unexplained = changed.filter(
        (line) => !reasons.some(([pattern]) => pattern.test(pathOf(line)) || pattern.test(line)),
      );
      expect(unexplained).toEqual([]);

      const count = (lines: readonly string[], one: string): readonly string[] =>
        lines.filter((line) => pathOf(line) === one);
      if (profile.cpu.pins !== 'auto') expect(count(changed, 'cputune/vcpupin')).toEqual([]);
      if (profile.cpu.emulator !== 'auto') expect(count(changed, 'cputune/emulatorpin')).toEqual([]);
      if (profile.memory.node !== 'auto') expect(count(changed, 'numatune/memnode')).toEqual([]);
      expect(count(now, 'cputune/iothreadpin')).toEqual(count(before, 'cputune/iothreadpin'));
      for (const one of leftOut) {
        expect(one.at).toMatchObject({file: path});
        expect(one.at?.line).toBeLessThanOrEqual(xml.split('\n').length);
      }
    },
  );

  it.each(usable.filter((name) => !isForeign(name)))('%s: is the same guest again where libvirt has none', (file) => {
    const {facts, name} = domainFacts(read(file));
    const {profile} = importDomain(facts, {word: name});
    const again = importDomain(withGuests(facts, replay(facts, profile)), {word: name}).profile;
    const chosen = <T extends object>(wanted: T, found: T): Partial<T> =>
      Object.fromEntries(
        Object.keys(wanted).map((key) => [key, wanted[key as keyof T] === 'auto' ? 'auto' : found[key as keyof T]]),
      ) as Partial<T>;
    expect(again.devices).toEqual(expect.arrayContaining([...profile.devices]));
    expect(chosen(profile.cpu, again.cpu)).toEqual(profile.cpu);
    expect(chosen(profile.memory, again.memory)).toEqual(profile.memory);
    // A domain names its system where the medium was recognised, or where virt-install did.
    expect({...chosen(profile.guest, again.guest), os: profile.guest.os}).toEqual(profile.guest);
  });
});
