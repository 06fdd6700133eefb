import type {Node} from 'yaml';
import {mediatedWords, type ProfileMediatedDevice} from '../../devices/mediated-device/mediated-device-format.ts';
import {proposeUuid} from '../../devices/mediated-device/propose-uuid.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {type PciAddress, parsePciAddress, slotOf} from '../../facts/pci-address.ts';
import {idOf} from '../../plan/device/describe-function.ts';
import {type Codec, readValue} from '../../profile/codec.ts';
import type {ProfileDevice} from '../../profile/profile.ts';
import {macAddress, shorten} from '../../profile/scalars.ts';
import {deviceKinds} from '../../devices/device-kinds.ts';
import {formatOf} from '../../profile/device-format.ts';
import {proposeDevice, understandDevice} from '../named-device.ts';
import {
  placeOf,
  readList,
  readNumber,
  readSection,
  readText,
  readTexts,
  type Section,
  type Tell,
  valueAt,
} from './reader.ts';

/** Each with the keys that its variant has (LibVF.IO, RequestedGpu). */
const keys: Readonly<Record<string, readonly string[]>> = {
  sysfsdev: ['mdevType', 'parentPort', 'devId', 'suffix'],
  sriovdev: ['acceptableTypes'],
  passthrough: ['bdf', 'passthroughType'],
};
const allKeys = ['gpuType', 'minVRam', 'maxVRam', ...Object.values(keys).flat()];

/** The GPUs of the file, in its order. `guest` makes their UUIDs differ from those of other guests. */
export const importGpus = (facts: HostFacts, config: Section, guest: string, tell: Tell): readonly ProfileDevice[] => {
  const known = new Set<string>();
  return readList(config, 'gpus', tell).flatMap((node, index) =>
    importGpu(facts, {node, index, guest}, tell).filter((device) => {
      const {sameness, identity} = formatOf(deviceKinds, device.kind);
      const isNew = !known.has(sameness(device));
      known.add(sameness(device));
      if (!isNew)
        tell('warning', node, {
          message: `The file has ${identity(device)} a second time, which a profile can't say.`,
          remedy: 'Nothing to do: the guest has it once.',
        });
      return isNew;
    }),
  );
};

type Gpu = {readonly node: Node; readonly index: number; readonly guest: string};

const importGpu = (facts: HostFacts, {node, index, guest}: Gpu, tell: Tell): readonly ProfileDevice[] => {
  const gpu = readSection(node, `gpus[${index}]`, allKeys, tell);
  const kind = readText(gpu, 'gpuType', tell);
  if (kind === 'sysfsdev') return importMediated(facts, gpu, `${guest}/gpus[${index}]`, tell);
  if (kind === 'passthrough') return importFunction(facts, gpu, tell);
  if (kind === 'sriovdev')
    tell(
      'blocker',
      placeOf(gpu, 'gpuType'),
      {
        message: `${gpu.name} is a virtual function of AMD's GIM driver (${
          readTexts(gpu, 'acceptableTypes', tell)
            .map((text) => shorten(text))
            .join(', ') || 'any type'
        }), which this version does not serve.`,
        remedy:
          'Take this GPU out of the file and import it again; set the function up as AMD describes, and add it to the guest by hand.',
      },
      'gim-not-served',
    );
  else
    tell(
      'blocker',
      placeOf(gpu, 'gpuType'),
      {
        message:
          kind === null
            ? `${gpu.name} has no gpuType.`
            : `gpuType of ${gpu.name} is ${shorten(kind)}, which arcd does not know.`,
        remedy: `Write one of ${Object.keys(keys).join(', ')}.`,
      },
      kind === null ? 'profile-missing-key' : 'profile-bad-value',
    );
  return [];
};

const vram = {least: 0, most: 9_999_999} as const;

const importMediated = (facts: HostFacts, gpu: Section, seed: string, tell: Tell): readonly ProfileMediatedDevice[] => {
  const word = (key: string, codec: Codec<string>): string | null => readWord(gpu, key, codec, tell);
  const type = word('mdevType', mediatedWords.type);
  const parent = word('parentPort', mediatedWords.parent);
  const minimum = readNumber(gpu, 'minVRam', {...vram, fallback: 1000}, tell);
  const maximum = readNumber(gpu, 'maxVRam', {...vram, fallback: 2000}, tell);
  if (type !== null && (valueAt(gpu, 'minVRam') ?? valueAt(gpu, 'maxVRam')) !== null)
    tell('note', placeOf(gpu, 'mdevType'), {
      message: `mdevType names the type ${shorten(type)}, so minVRam and maxVRam (${minimum} to ${maximum} MiB) are left out, as arcd ignores them.`,
      remedy: 'Nothing to do if you mean this type; otherwise write vram instead of type in the profile.',
    });
  if (type === null && minimum > maximum) {
    tell(
      'blocker',
      placeOf(gpu, 'minVRam'),
      {
        message: `minVRam of ${gpu.name} (${minimum}) is above its maxVRam (${maximum}), so that no type fits.`,
        remedy: 'Correct one of the two, and import it again.',
      },
      'profile-bad-value',
    );
    return [];
  }
  return [
    {
      kind: 'mediated-device',
      mdev: {
        parent: parent === null ? 'auto' : (parsePciAddress(parent) ?? parent),
        ...idsOf(facts, parent),
        type,
        name: null,
        vramMiB: type === null ? {minimum, maximum} : null,
        suffix: type === null ? word('suffix', mediatedWords.suffix) : null,
        uuid: proposeUuid(facts, seed),
        attributes: [],
        display: false,
      },
    },
  ];
};

const readWord = (gpu: Section, key: string, codec: Codec<string>, tell: Tell): string | null => {
  const text = readText(gpu, key, tell);
  const value = readValue(codec, text);
  if (text !== null && value === null)
    tell(
      'blocker',
      placeOf(gpu, key),
      {
        message: `${key} of ${gpu.name} is ${shorten(text)}, which is no ${codec.type}.`,
        remedy: 'Correct it in the file, and import it again.',
      },
      'profile-bad-value',
    );
  return value;
};

/** Checked on replay, of a parent that is there on this host. */
const idsOf = (facts: HostFacts, parent: string | null) => {
  const address = parsePciAddress(parent ?? '');
  const card = facts.pci.find((one) => one.address === address);
  return card === undefined
    ? {id: null, subsystem: null, upstream: null}
    : {id: idOf(card), subsystem: card.subsystem, upstream: card.upstream.length === 0 ? null : card.upstream};
};

const importFunction = (facts: HostFacts, gpu: Section, tell: Tell): readonly ProfileDevice[] => {
  const text = readText(gpu, 'bdf', tell);
  const address = parsePciAddress(text ?? '');
  const at = placeOf(gpu, 'bdf');
  if (address === null) {
    tell(
      'blocker',
      at,
      {
        message:
          text === null
            ? `${gpu.name} has no bdf, the address of the card.`
            : `bdf of ${gpu.name} is ${shorten(text)}, which is no PCI address.`,
        remedy: 'Write it as `lspci` shows it: 41:00.0.',
      },
      text === null ? 'profile-missing-key' : 'profile-bad-value',
    );
    return [];
  }
  const named = understandDevice(facts, address);
  if (named?.ok === true) {
    tellSiblings(facts, address, at, tell);
    return proposeDevice(facts, named.identity);
  }
  tell('warning', at, {
    message: `${named?.problem ?? `${address} is nothing that a guest can have here.`} The profile has the address alone, and a plan can't check that it is the card you mean.`,
    remedy: 'Import it on the host that the file is for, or with --root on a capture of it.',
  });
  return [{kind: 'function', address, id: null, subsystem: null, upstream: null, rom: null}];
};

const tellSiblings = (facts: HostFacts, address: PciAddress, at: Node | null, tell: Tell): void => {
  const siblings = facts.pci
    .filter((one) => slotOf(one.address) === slotOf(address) && one.address !== address)
    .map((one) => one.address);
  tell('note', at, {
    message: `arcd gives the guest ${address} alone${siblings.length === 0 ? ', and this host has no other function of that card' : `. The card has ${siblings.join(', ')} too, which a plan adds or leaves to the host, with the reason`}.`,
    remedy: 'Look at `devices` of `vfio-pilot plan` before you apply the profile.',
  });
};

/** arcd takes a virtual function of any network card; a profile names the card. */
export const importNics = (facts: HostFacts, config: Section, tell: Tell): void => {
  const cards = facts.pci
    .filter(({class: kind, sriov}) => kind?.startsWith('02') && (sriov?.total ?? 0) > 0)
    .map(({address}) => address);
  readList(config, 'nics', tell).forEach((node, index) => {
    const nic = readSection(node, `nics[${index}]`, ['mac'], tell);
    const text = readText(nic, 'mac', tell);
    const mac = readValue(macAddress, text);
    if (text !== null && mac === null)
      tell(
        'blocker',
        placeOf(nic, 'mac'),
        {
          message: `mac of ${nic.name} is ${shorten(text)}, which is no MAC address of one interface.`,
          remedy: 'Write six pairs of hexadecimal digits, of which the second digit is even: 52:54:00:12:34:56.',
        },
        'profile-bad-value',
      );
    else
      tell('warning', nic.node, {
        message: `arcd takes a virtual function of any network card for ${mac ?? `${nic.name}, which has no MAC address`}. A profile names the card, so it is without this one.`,
        remedy: `Add to devices, with \`version: 2\` above: {function: {of: {address: ${cards[0] ?? 'ADDRESS'}}, index: 0}${mac === null ? '' : `, mac: '${mac}'`}}. ${
          cards.length === 0
            ? 'This host has no network card with virtual functions; `vfio-pilot groups` lists all devices.'
            : `Network cards with virtual functions here: ${cards.join(', ')}.`
        }`,
      });
  });
};

export const tellExcluded = (config: Section, tell: Tell): void => {
  const excluded = readTexts(config, 'blacklistedPci', tell).map((text) => shorten(text));
  if (excluded.length > 0)
    tell('note', placeOf(config, 'blacklistedPci'), {
      message: `arcd never takes ${excluded.join(', ')}. A profile has no such list: it takes what it names, and a slice of any parent where \`parent\` is auto.`,
      remedy: 'If one of these could give the slice, name another parent in `mdev`.',
    });
};
