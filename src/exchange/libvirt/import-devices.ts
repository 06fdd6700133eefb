import {deviceKinds, identityOf} from '../../devices/device-kinds.ts';
import {isProfileFunction} from '../../devices/function/function-format.ts';
import {attributesIn, definitionPath, definitionsIn} from '../../devices/mediated-device/definition.ts';
import {isProfileMediatedDevice, placeOfMediated} from '../../devices/mediated-device/mediated-device-format.ts';
import {nameOfUsb} from '../../devices/usb-device/usb-device-format.ts';
import {isProfileVirtualFunction} from '../../devices/virtual-function/virtual-function-format.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {attributeOf, childNamed, type XmlElement} from '../../formats/xml/document.ts';
import {parseCNumber, parseWholeNumber} from '../../hypervisor/kvm/domain/domain-values.ts';
import {sourceOf} from '../../hypervisor/kvm/domain/place-cards.ts';
import {readValue} from '../../profile/codec.ts';
import {formatOf} from '../../profile/device-format.ts';
import type {ProfileDevice} from '../../profile/profile.ts';
import {absolutePath, macAddress} from '../../profile/scalars.ts';
import {proposeDevice, understandDevice} from '../named-device.ts';
import {lost, type Omission, replaced, stays} from './omission.ts';

export type ImportedDevices = {readonly devices: readonly ProfileDevice[]; readonly omissions: readonly Omission[]};

const nothing: ImportedDevices = {devices: [], omissions: []};

/** What of the host the domain takes, as the kinds of devices write it, in the domain's order and each once. */
export const importDevices = (facts: HostFacts, root: XmlElement): ImportedDevices => {
  const devices: ProfileDevice[] = [];
  const omissions: Omission[] = [];
  const known = new Set<string>();
  for (const element of childNamed(root, 'devices')?.children ?? []) {
    const found = importDevice(facts, element);
    omissions.push(...found.omissions);
    for (const device of found.devices) {
      const sameness = formatOf(deviceKinds, device.kind).sameness(device);
      if (known.has(sameness))
        omissions.push(lost(element, `The domain has ${identityOf(device)} a second time, which a profile can't say.`));
      else devices.push(device);
      known.add(sameness);
    }
  }
  return {devices, omissions};
};

const importDevice = (facts: HostFacts, element: XmlElement): ImportedDevices => {
  if (sourceOf(element) !== null) return importFunction(facts, element);
  if (element.name !== 'hostdev') return nothing;
  const type = attributeOf(element, 'type');
  if (type === 'usb') return importUsb(facts, element);
  if (type === 'mdev') return importMediated(facts, element);
  return {
    devices: [],
    omissions: [
      stays(element, `The domain takes a host device of the type ${type ?? 'none'}, which a profile has no kind for.`),
    ],
  };
};

const importFunction = (facts: HostFacts, element: XmlElement): ImportedDevices => {
  const address = sourceOf(element) ?? '';
  const named = understandDevice(facts, address);
  if (facts.pci.every((one) => one.address !== address))
    return {
      devices: [],
      omissions: [
        lost(
          element,
          `The domain takes ${address}, and no device of this host is there, so the profile is without it.`,
        ),
      ],
    };
  if (named?.ok !== true)
    return {devices: [], omissions: [lost(element, named?.problem ?? `${address} can't be given to a guest.`)]};
  const unmanaged =
    attributeOf(element, 'managed') === 'yes' ? [] : [replaced(element, `${address} gets managed='yes'.`)];
  const made = proposeDevice(facts, named.identity).map((device) => withDetails(device, element));
  return {
    devices: made.map(({device}) => device),
    omissions: [...unmanaged, ...made.flatMap(({omissions}) => omissions)],
  };
};

type Detailed = {readonly device: ProfileDevice; readonly omissions: readonly Omission[]};

const withDetails = (device: ProfileDevice, element: XmlElement): Detailed => {
  const rom = childNamed(element, 'rom');
  if (isProfileVirtualFunction(device)) {
    const tags = childNamed(element, 'vlan')?.children ?? [];
    return {
      device: {
        ...device,
        mac: readValue(macAddress, attributeOf(childNamed(element, 'mac'), 'address')),
        vlan: tags.length === 1 ? parseWholeNumber(attributeOf(tags[0] ?? null, 'id')) : null,
      },
      omissions: [
        ...(tags.length > 1 ? [stays(element, 'Several VLANs of one virtual function have no key in a profile.')] : []),
        ...(rom === null
          ? []
          : [stays(rom, 'The settings of the ROM of a virtual function have no key in a profile.')]),
      ],
    };
  }
  if (!isProfileFunction(device) || rom === null) return {device, omissions: []};
  const file = attributeOf(rom, 'file');
  const path = attributeOf(rom, 'enabled') === 'no' ? null : readValue(absolutePath, file);
  const settings = rom.attributes
    .filter(({name, value}) => !(path !== null && name === 'file') && !isDefault.test(`${name}=${value}`))
    .map(({name, value}) => `${name}='${value}'`)
    .join(' ');
  return {
    device: path === null ? device : {...device, rom: path},
    omissions: settings === '' ? [] : [stays(rom, `<rom ${settings}/> of ${device.address} has no key in a profile.`)],
  };
};

/** What libvirt does without the attribute too. */
const isDefault = /^(?:bar=on|enabled=yes)$/;

const importUsb = (facts: HostFacts, element: XmlElement): ImportedDevices => {
  const source = childNamed(element, 'source');
  const idOf = (name: string): string | null => {
    const number = parseCNumber(attributeOf(childNamed(source, name), 'id'));
    return number === null || number > 0xff_ff ? null : number.toString(16).padStart(4, '0');
  };
  const [vendor, product] = [idOf('vendor'), idOf('product')];
  const place = childNamed(source, 'address');
  if (vendor === null || product === null)
    return {
      devices: [],
      omissions: [
        lost(
          element,
          `The domain takes a USB device by its place (bus ${attributeOf(place, 'bus')}, device ${attributeOf(place, 'device')}), which is new each time that it is plugged in; a profile names it by its id.`,
        ),
      ],
    };
  const identity = nameOfUsb(`${vendor}:${product}`, null);
  const policy = attributeOf(source, 'startupPolicy') ?? 'mandatory';
  return {
    devices: proposeDevice(facts, identity),
    omissions: [
      ...(place === null ? [] : [stays(place, `The place on the bus of ${identity} has no key in a profile.`)]),
      ...(policy === 'optional'
        ? []
        : [
            replaced(
              element,
              `${identity} becomes optional: the guest then starts without it too (it is ${policy} now).`,
            ),
          ]),
    ],
  };
};

const importMediated = (facts: HostFacts, element: XmlElement): ImportedDevices => {
  const uuid = attributeOf(childNamed(childNamed(element, 'source'), 'address'), 'uuid')?.toLowerCase() ?? '';
  const found = [...facts.mediated.devices, ...definitionsIn(facts.files)].find((one) => one.uuid === uuid);
  const none = (what: string): ImportedDevices => ({devices: [], omissions: [lost(element, what)]});
  if (found === undefined)
    return none(
      `The domain takes the mediated device ${uuid}, which is neither there nor defined on this host, so its type is unknown.`,
    );
  const made = proposeDevice(facts, placeOfMediated(found.parent, found.type ?? '')).filter(isProfileMediatedDevice);
  if (made.length === 0)
    return none(
      `${found.parent} does not offer the type ${found.type ?? 'unknown'} of the mediated device ${uuid} on this host.`,
    );
  const attributes = attributesIn(facts.files[definitionPath(found.parent, uuid)]?.text ?? null);
  const others = element.attributes.filter(
    ({name, value}) =>
      !['mode', 'type', 'managed', 'display'].includes(name) && value !== 'vfio-pci' && value !== 'off',
  );
  return {
    devices: made.map((device): ProfileDevice => ({
      ...device,
      mdev: {...device.mdev, uuid, attributes, display: attributeOf(element, 'display') === 'on'},
    })),
    omissions: others.map(({name, value}) =>
      stays(element, `${name}='${value}' of the mediated device ${uuid} has no key in a profile.`),
    ),
  };
};
