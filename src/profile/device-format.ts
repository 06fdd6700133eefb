import {isMap, type Node} from 'yaml';
import type {PciAddress} from '../facts/pci-address.ts';
import type {Codec, KeyTable} from './codec.ts';
import type {ProfileDevice} from './profile.ts';
import {fieldsOf, sectionOf} from './sections.ts';

/** How one kind of device is written in the file: an item of the list `devices`. */
export type DeviceFormat = {
  readonly kind: string;
  /** The key that only items of this kind have; where it is missing, the first kind of the table says what is wrong. */
  readonly marker: string;
  /** The first version of the format that knows this kind. */
  readonly version: 1 | 2;
  readonly fields: ReturnType<typeof fieldsOf>;
  readonly codec: (homeOf: (key: string) => string | null) => Codec<ProfileDevice>;
  /** In words that a person knows it by. */
  readonly identity: (device: ProfileDevice) => string;
  /** What two items that mean the same device have in common. */
  readonly sameness: (device: ProfileDevice) => string;
  /** PCI functions of the host that the item names by their address. */
  readonly addresses: (device: ProfileDevice) => readonly PciAddress[];
};

type Specification<P extends ProfileDevice> = {
  readonly kind: P['kind'];
  readonly marker: string;
  readonly version: 1 | 2;
  readonly keys: KeyTable<Omit<P, 'kind'>>;
  /** Whether a device is of this kind; only the codec below makes such devices. */
  readonly is: (device: ProfileDevice) => device is P;
  /** From the members to the device. */
  readonly make: (values: Omit<P, 'kind'>) => P;
  readonly identity: (device: P) => string;
  /** The identity, where it is left out. */
  readonly sameness?: (device: P) => string;
  readonly addresses: (device: P) => readonly PciAddress[];
};

export const deviceFormat = <P extends ProfileDevice>(own: Specification<P>): DeviceFormat => {
  const narrow = (device: ProfileDevice): P => {
    if (own.is(device)) return device;
    throw new Error(`a device of the kind ${device.kind} was handed to ${own.kind}`);
  };
  return {
    kind: own.kind,
    marker: own.marker,
    version: own.version,
    fields: fieldsOf(own.keys),
    codec: (homeOf) => {
      const members = sectionOf(own.keys, homeOf);
      return {
        ...members,
        decode: (node, path, complaints) => {
          const values = members.decode(node, path, complaints);
          return values === undefined ? undefined : own.make(values);
        },
        encode: (device) => members.encode(narrow(device)),
      };
    },
    identity: (device) => own.identity(narrow(device)),
    sameness: (device) => (own.sameness ?? own.identity)(narrow(device)),
    addresses: (device) => own.addresses(narrow(device)),
  };
};

export const formatOf = <F extends Pick<DeviceFormat, 'kind'>>(formats: readonly F[], kind: string): F => {
  const found = formats.find((format) => format.kind === kind);
  if (found === undefined) throw new Error(`no kind of device is called ${kind}`);
  return found;
};

/** An item of `devices`, of any of these kinds. */
export const deviceCodec = (
  formats: readonly DeviceFormat[],
  homeOf: (key: string) => string | null,
): Codec<ProfileDevice> => {
  const codecs = formats.map((format) => ({...format, own: format.codec(homeOf)}));
  const [first] = codecs;
  if (first === undefined) throw new Error('the table of device kinds is empty');
  const codecAt = (node: Node | null): Codec<ProfileDevice> =>
    (codecs.find(({marker}) => isMap(node) && node.has(marker)) ?? first).own;
  return {
    type: first.own.type,
    schema: codecs.length === 1 ? first.own.schema : {anyOf: codecs.map(({own}) => own.schema)},
    decode: (node, path, complaints) => codecAt(node).decode(node, path, complaints),
    encode: (device) => formatOf(codecs, device.kind).own.encode(device),
  };
};
