import {basename, dirname} from 'node:path';
import type {DomainFacts} from '../../facts/virtualisation.ts';
import {childNamed, parseXmlBeginning, type XmlElement, type XmlProblem} from '../../formats/xml/document.ts';
import type {Source} from '../../system/source.ts';
import {refuseTooMany} from '../guests/refuse-too-many.ts';
import {runsOnXen} from '../xen/xen.ts';
import type {Note} from '../reader.ts';

/** What the system's libvirt answers to a question that changes nothing; `null` when it does not answer. */
export type Virsh = (...question: readonly string[]) => string | null;

/** nixpkgs builds libvirt with its configuration in /var/lib (nixos/modules/virtualisation/libvirtd.nix). */
export const domainDirectory = (source: Source): string =>
  source.exists('/etc/NIXOS') ? '/var/lib/libvirt/qemu' : '/etc/libvirt/qemu';

/** Defined guests, from libvirt's own files; what an ordinary user cannot read there is asked from libvirt. */
export const readDomains = (source: Source, virsh: Virsh, note: Note): readonly DomainFacts[] => {
  const directory = domainDirectory(source);
  const active = lines(virsh('list', '--name'));
  const files = source
    .list(directory)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => `${directory}/${name}`);
  refuseTooMany(directory, files.length);
  const fromFiles = files
    .map((path) => readDomain(source, virsh, note, path, active))
    .filter((domain) => domain !== null);
  const known = new Set(fromFiles.map((domain) => domain.name));
  // Transient guests have no file and end with their shutdown: only defined ones can be edited.
  const asked = (lines(virsh('list', '--all', '--persistent', '--name')) ?? [])
    .filter((name) => !known.has(name) && !name.includes('/'))
    .map((name) => readDomain(source, virsh, note, `${directory}/${name}.xml`, active))
    .filter((domain) => domain !== null);
  const domains = [...fromFiles, ...asked, ...readXenDomains(source, note)];
  if (source.denied.has(directory) && domains.length === 0) note(hidden(directory));
  for (const domain of domains) if (domain.xml === null) note(hidden(domain.path));
  return domains;
};

/** Guests of libvirt's driver for Xen (src/libxl/libxl_conf.h), which its driver for QEMU does not know. */
const xenDirectory = '/etc/libvirt/libxl';

const readXenDomains = (source: Source, note: Note): readonly DomainFacts[] => {
  const files = runsOnXen(source) ? source.list(xenDirectory).filter((name) => name.endsWith('.xml')) : [];
  refuseTooMany(xenDirectory, files.length);
  return files
    .map((name) => readDomain(source, () => null, note, `${xenDirectory}/${name}`, null))
    .filter((domain) => domain !== null);
};

const readDomain = (
  source: Source,
  virsh: Virsh,
  note: Note,
  path: string,
  active: readonly string[] | null,
): DomainFacts | null => {
  const fileName = basename(path, '.xml');
  const xml = source.text(path) ?? virsh('dumpxml', '--inactive', fileName);
  const {root, problem} = parseXmlBeginning(xml ?? '');
  if (root !== null && root.name !== 'domain') return null;
  if (problem !== null) note(malformed(path, problem));
  const name = textOf(root, 'name') ?? fileName;
  return {
    name,
    uuid: textOf(root, 'uuid'),
    path,
    xml,
    isActive: active?.includes(name) ?? null,
    isAutostart: source.stat(`${dirname(path)}/autostart/${fileName}.xml`) !== null,
  };
};

const textOf = (root: XmlElement | null, name: string): string | null => childNamed(root, name)?.text.trim() ?? null;

const malformed = (path: string, {line, column, message}: XmlProblem) =>
  ({
    code: 'host-file-malformed',
    severity: 'note',
    subject: path,
    message: `${path}:${line}:${column} is not well-formed XML (${message}), so what follows there is unknown.`,
    remedy: 'Define the guest again with `virsh define FILE`, or remove the file.',
  }) as const;

/** `null` where nothing was answered. */
export const lines = (text: string | null): readonly string[] | null =>
  text === null
    ? null
    : text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');

const hidden = (path: string) =>
  ({
    code: 'host-needs-root',
    severity: 'note',
    subject: path,
    message: `${path} can only be read by root, so the guests that are defined there are not fully known.`,
    remedy: 'Run the command with sudo to see and edit existing guests.',
  }) as const;
