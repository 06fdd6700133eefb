import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {type DomainFacts, libvirtOf} from '../../facts/virtualisation.ts';
import {withPlace} from '../../findings/finding.ts';
import {parseDomain} from '../../hypervisor/kvm/domain/parse-domain.ts';
import {defaultProfile} from '../../profile/defaults.ts';
import type {Profile} from '../../profile/profile.ts';
import {quoteForShell} from '../../words/quote-for-shell.ts';
import type {Imported, ImportSource} from '../importer.ts';
import {profileNameOf} from '../profile-name.ts';
import {importDevices} from './import-devices.ts';
import {importGuestSettings} from './import-guest.ts';
import {importPlacement} from './import-placement.ts';
import {findingsOf} from './omission.ts';
import {otherElements} from './other-elements.ts';

/** A profile of a domain of this host that has a device of it: it asks for what the domain has, so that a plan of it changes little. */
export const importDomain = (facts: HostFacts, {word}: Pick<ImportSource, 'word'>): Imported => {
  const domain = findDomain(facts, word);
  const parsed = parseDomain(domain.xml ?? '', domain.path);
  if (!parsed.ok) {
    const [first] = parsed.findings;
    throw new UsageError(
      first === undefined ? `${domain.path} is not a domain.` : withPlace(first),
      first?.remedy ?? 'Define the guest again with `virsh define`.',
    );
  }
  const {document} = parsed;
  const {root} = document;
  const {devices, omissions} = importDevices(facts, root);
  if (devices.length === 0)
    throw new UsageError(
      [
        `${domain.name} has no device of this host, and a profile is about one.`,
        ...omissions.filter(({outcome}) => outcome === 'lost').map(({what}) => what),
      ].join(' '),
      `\`vfio-pilot profile new --device ADDRESS --guest ${quoteForShell(domain.name)}\` makes one that gives it a card.`,
    );
  const placement = importPlacement(facts, root);
  const settings = importGuestSettings(facts, root);
  const made = defaultProfile({
    name: profileNameOf(domain.name),
    devices,
    vcpus: placement.cpu.vcpus,
    memoryMiB: placement.memory.sizeMiB,
    guestName: domain.name,
  });
  const profile: Profile = {
    ...made,
    description: `From the libvirt domain ${domain.name}`,
    cpu: {...made.cpu, ...placement.cpu},
    memory: {...made.memory, ...placement.memory},
    guest: {...made.guest, ...settings.guest},
  };
  return {
    profile,
    leftOut: findingsOf(
      [...omissions, ...placement.omissions, ...settings.omissions, ...otherElements(root)],
      document,
      domain.path,
    ),
  };
};

const findDomain = (facts: HostFacts, name: string): DomainFacts => {
  if (facts.virtualisation.kind !== 'kvm')
    throw new UsageError(
      'The guests of this host are not libvirt’s, so a profile of a domain could not be planned here.',
      '`vfio-pilot help import` lists what else can be imported.',
    );
  const {domains, domainDirectory} = libvirtOf(facts);
  const domain = domains.find((one) => one.name === name);
  if (domain === undefined) {
    const names = domains.map((one) => one.name).join(', ');
    throw new UsageError(
      `libvirt has no domain ${name} on this host.`,
      names === '' ? `It has none at all in ${domainDirectory}; as root you may see more.` : `It has: ${names}.`,
    );
  }
  if (domain.xml === null)
    throw new UsageError(`The domain ${domain.path} could not be read.`, 'Run the command with sudo.');
  return domain;
};
