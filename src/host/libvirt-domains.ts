import {basename, dirname} from 'node:path';
import type {Source} from '../system/source.ts';
import type {DomainFacts} from './facts.ts';
import type {Note} from './reader.ts';
import type {Virsh} from './virsh.ts';
import {childText, rootName} from './xml-values.ts';

/** nixpkgs builds libvirt with its configuration in /var/lib (nixos/modules/virtualisation/libvirtd.nix). */
export const domainDirectory = (source: Source): string => (source.exists('/etc/NIXOS') ? '/var/lib/libvirt/qemu' : '/etc/libvirt/qemu');

/** Defined guests, from libvirt's own files; what an ordinary user cannot read there is asked from libvirt. */
export const readDomains = (source: Source, virsh: Virsh, note: Note): readonly DomainFacts[] => {
  const directory = domainDirectory(source);
  const active = lines(virsh('list', '--name'));
  const files = source.list(directory).filter((name) => name.endsWith('.xml')).map((name) => `${directory}/${name}`);
  const fromFiles = files.map((path) => readDomain(source, virsh, path, active)).filter((domain) => domain !== null);
  const known = new Set(fromFiles.map((domain) => domain.name));
  // Transient guests have no file and end with their shutdown: only defined ones can be edited.
  const asked = (lines(virsh('list', '--all', '--persistent', '--name')) ?? [])
    .filter((name) => !known.has(name) && !name.includes('/'))
    .map((name) => readDomain(source, virsh, `${directory}/${name}.xml`, active))
    .filter((domain) => domain !== null);
  const domains = [...fromFiles, ...asked];
  if (source.denied.has(directory) && domains.length === 0) note(hidden(directory));
  for (const domain of domains) if (domain.xml === null) note(hidden(domain.path));
  return domains;
};

const readDomain = (source: Source, virsh: Virsh, path: string, active: readonly string[] | null): DomainFacts | null => {
  const fileName = basename(path, '.xml');
  const xml = source.text(path) ?? virsh('dumpxml', '--inactive', fileName);
  const root = xml === null ? null : rootName(xml);
  if (root !== null && root !== 'domain') return null;
  const name = childText(xml ?? '', 'name') ?? fileName;
  return {
    name,
    uuid: xml === null ? null : childText(xml, 'uuid'),
    path,
    xml,
    isActive: active?.includes(name) ?? null,
    isAutostart: source.stat(`${dirname(path)}/autostart/${fileName}.xml`) !== null,
  };
};

export const readNetworks = (source: Source, virsh: Virsh): readonly string[] => {
  const files = source.list(`${domainDirectory(source)}/networks`).filter((name) => name.endsWith('.xml'));
  const names = files.map((file) => childText(source.text(`${domainDirectory(source)}/networks/${file}`) ?? '', 'name') ?? file.slice(0, -'.xml'.length));
  return [...new Set([...names, ...(lines(virsh('net-list', '--all', '--name')) ?? [])])].sort();
};

export const readAutostartNetworks = (source: Source): readonly string[] =>
  source.list(`${domainDirectory(source)}/networks/autostart`).filter((name) => name.endsWith('.xml')).map((name) => name.slice(0, -'.xml'.length));

const lines = (text: string | null): readonly string[] | null =>
  text === null ? null : text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

const hidden = (path: string) =>
  ({
    code: 'host-needs-root',
    severity: 'note',
    subject: path,
    message: `${path} can only be read by root, so the guests that are defined there are not fully known.`,
    remedy: 'Run the command with sudo to see and edit existing guests.',
  }) as const;
