import {pciAddressOf} from '../../facts/domain-use.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {KvmFacts} from '../../facts/virtualisation.ts';
import {
  attributeOf,
  childNamed,
  childrenNamed,
  elementsAt,
  parseXmlBeginning,
  type XmlElement,
} from '../../formats/xml/document.ts';
import type {Source} from '../../system/source.ts';
import {pciAddressesOf, realDevicePath} from '../pci/pci-function.ts';
import {domainDirectory, lines, type Virsh} from './libvirt-domains.ts';

/** All networks of libvirt, and what of the host they give to a guest. */
export const readNetworks = (
  source: Source,
  virsh: Virsh,
): Pick<KvmFacts, 'networks' | 'networkFunctions' | 'networkPools' | 'autostartNetworks'> => {
  const directory = `${domainDirectory(source)}/networks`;
  const files = namesOfXml(source, directory).map((file) => {
    const {root} = parseXmlBeginning(source.text(`${directory}/${file}.xml`) ?? '');
    const name = childNamed(root, 'name')?.text.trim() ?? file;
    const forward = childNamed(root, 'forward');
    return {name, functions: functionsOf(source, forward), pool: poolOf(forward)};
  });
  const asked = lines(virsh('net-list', '--all', '--name')) ?? [];
  return {
    networks: [...new Set([...files.map(({name}) => name), ...asked])].sort(),
    networkFunctions: Object.fromEntries(
      files.filter(({functions}) => functions.length > 0).map(({name, functions}) => [name, functions]),
    ),
    networkPools: Object.fromEntries(files.flatMap(({name, pool}) => (pool === null ? [] : [[name, pool]]))),
    autostartNetworks: namesOfXml(source, `${directory}/autostart`),
  };
};

export const namesOfXml = (source: Source, directory: string): readonly string[] =>
  source
    .list(directory)
    .filter((file) => file.endsWith('.xml'))
    .map((file) => file.slice(0, -'.xml'.length));

/**
 * Those that `<forward mode='hostdev'>` lists, and those behind the interfaces of `mode='passthrough'`. With `<pf>` a
 * guest gets a virtual function, and the card stays with the host.
 */
const functionsOf = (source: Source, forward: XmlElement | null): readonly PciAddress[] => {
  const mode = attributeOf(forward, 'mode');
  if (mode === 'hostdev') return childrenNamed(forward, 'address').flatMap(pciAddressOf);
  if (mode !== 'passthrough') return [];
  const interfaces = [forward, ...elementsAt(forward, 'interface')].flatMap((one) => attributeOf(one, 'dev') ?? []);
  return Object.values(readInterfaceFunctions(source, interfaces));
};

/** `<forward mode='hostdev' managed='yes'><pf dev='enp4s0f0'/>`: libvirt reads one `<pf>` only, and no addresses next to it. */
const poolOf = (forward: XmlElement | null): string | null => {
  const [card, ...more] = childrenNamed(forward, 'pf');
  return attributeOf(forward, 'mode') === 'hostdev' && attributeOf(forward, 'managed') === 'yes' && more.length === 0
    ? attributeOf(card ?? null, 'dev')
    : null;
};

/** The function behind each of these interfaces; those without one (bridges, VLANs) are left out. */
export const readInterfaceFunctions = (
  source: Source,
  interfaces: readonly string[],
): Readonly<Record<string, PciAddress>> =>
  Object.fromEntries(
    interfaces.flatMap((name) => {
      const device = name.includes('/') ? null : realDevicePath(source, `/sys/class/net/${name}/device`);
      const address = device === null ? undefined : pciAddressesOf(device).at(-1);
      return address === undefined ? [] : [[name, address]];
    }),
  );
