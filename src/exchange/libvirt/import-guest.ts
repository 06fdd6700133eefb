import type {HostFacts} from '../../facts/host-facts.ts';
import {libvirtOf} from '../../facts/virtualisation.ts';
import {
  allElements,
  attributeOf,
  childNamed,
  childrenNamed,
  elementsAt,
  type XmlElement,
} from '../../formats/xml/document.ts';
import {problemOfHyperv} from '../../hypervisor/kvm/guest/choose-hyperv.ts';
import {readValue} from '../../profile/codec.ts';
import {isKeyboardPath} from '../../facts/inputs.ts';
import {grabToggles} from '../../profile/grab-toggle.ts';
import type {ProfileGuest} from '../../profile/profile.ts';
import {absolutePath, inputPath, libvirtName, shareTag, vendorId} from '../../profile/scalars.ts';
import {type ImportedGuest, type Omission, replaced, stays} from './omission.ts';
import {lookingGlassOf} from './looking-glass.ts';
import {isSharedFolder} from './other-elements.ts';
import {importedSound} from './sound.ts';

/** What the guest sees: its system, firmware, disk, network, TPM and the features of the hypervisor. */
export const importGuestSettings = (facts: HostFacts, root: XmlElement): ImportedGuest => {
  const parts = [
    systemOf(root),
    {guest: {firmware: firmwareOf(root)}, omissions: []},
    disksOf(root),
    networkOf(root),
    inputOf(root),
    sharesOf(root),
    {guest: importedSound(root) ?? {}, omissions: []},
    lookingGlassOf(facts, root),
    tpmOf(root),
    hidingOf(root),
    hypervOf(facts, root),
    processorOf(root),
  ];
  return {
    guest: Object.fromEntries(parts.flatMap(({guest}) => Object.entries(guest))),
    omissions: parts.flatMap(({omissions}) => omissions),
  };
};

/** As virt-install and virt-manager write it down (libosinfo). */
const osinfo = 'http://libosinfo.org/xmlns/libvirt/domain/1.0';

const systemOf = (root: XmlElement): ImportedGuest => {
  const named = allElements(childNamed(root, 'metadata') ?? root).find(
    ({name, namespace}) => namespace === osinfo && name.endsWith(':os'),
  );
  const id = named === undefined ? null : attributeOf(named, 'id');
  if (id !== null) return {guest: {os: systemNamed(id)}, omissions: []};
  const clock = childNamed(root, 'clock');
  const hyperv = childNamed(childNamed(root, 'features'), 'hyperv');
  const sign = hyperv ?? (attributeOf(clock, 'offset') === 'localtime' ? clock : null);
  if (sign === null) return {guest: {os: 'other'}, omissions: []};
  const os: ProfileGuest['os'] = childNamed(childNamed(root, 'devices'), 'tpm') === null ? 'windows-10' : 'windows-11';
  const why = sign === hyperv ? 'it has Hyper-V features' : 'its clock is in local time';
  return {
    guest: {os},
    omissions: [
      replaced(
        sign,
        `The domain does not name the guest's system; ${why}, so guest.os is ${os}. Correct it if that is wrong.`,
      ),
    ],
  };
};

const systemNamed = (id: string): ProfileGuest['os'] => {
  if (/\/\/microsoft\.com\/win\/(?:11|2k25)/.test(id)) return 'windows-11';
  if (id.includes('//microsoft.com/')) return 'windows-10';
  return /\/\/(?:[\w-]*bsd|apple|haiku-os|solaris|oracle\.com\/solaris)/.test(id) ? 'other' : 'linux';
};

const firmwareOf = (root: XmlElement): ProfileGuest['firmware'] => {
  const os = childNamed(root, 'os');
  const loader = childNamed(os, 'loader');
  const isUefi = attributeOf(os, 'firmware') === 'efi' || attributeOf(loader, 'type') === 'pflash';
  const features = elementsAt(os, 'firmware/feature');
  const isSecure =
    attributeOf(loader, 'secure') === 'yes' ||
    features.some((one) => attributeOf(one, 'name') === 'secure-boot' && attributeOf(one, 'enabled') === 'yes');
  return isUefi ? (isSecure ? 'uefi-secure' : 'uefi') : 'bios';
};

const imageOf = (disk: XmlElement): string | null => {
  const source = childNamed(disk, 'source');
  return readValue(absolutePath, attributeOf(source, 'file') ?? attributeOf(source, 'dev'));
};

/** A system starts from the bus that it was installed on: made anew, it has no driver for another. */
const busOf = (disk: XmlElement): Pick<ProfileGuest, 'diskBus'> | Record<string, never> =>
  ['sata', 'ide'].includes(attributeOf(childNamed(disk, 'target'), 'bus') ?? '') ? {diskBus: 'sata'} : {};

/** Only for a guest that is made anew: one that exists keeps its own. */
const disksOf = (root: XmlElement): ImportedGuest => {
  const disks = elementsAt(root, 'devices/disk');
  const kindOf = (disk: XmlElement): string => attributeOf(disk, 'device') ?? 'disk';
  const first = (kind: string): XmlElement | null =>
    disks.find((one) => kindOf(one) === kind && imageOf(one) !== null) ?? null;
  const [disk, cdrom] = [first('disk'), first('cdrom')];
  return {
    guest: {
      ...(disk === null ? {} : {disk: imageOf(disk) ?? 'auto', ...busOf(disk)}),
      ...(cdrom === null ? {} : {cdrom: imageOf(cdrom)}),
    },
    omissions: disks
      .filter((one) => one !== disk && one !== cdrom && (kindOf(one) === 'disk' || childNamed(one, 'source') !== null))
      .map((one) =>
        stays(
          one,
          `A profile names one disk and one installation medium, so ${attributeOf(childNamed(one, 'target'), 'dev') ?? 'another disk'} is not in it.`,
        ),
      ),
  };
};

const networkOf = (root: XmlElement): ImportedGuest => {
  const interfaces = elementsAt(root, 'devices/interface').filter((one) => attributeOf(one, 'type') !== 'hostdev');
  const nameOf = (one: XmlElement): string | null =>
    attributeOf(one, 'type') === 'network'
      ? readValue(libvirtName, attributeOf(childNamed(one, 'source'), 'network'))
      : null;
  const first = interfaces.find((one) => nameOf(one) !== null) ?? null;
  return {
    guest: first === null ? {} : {network: nameOf(first) ?? 'default'},
    omissions: interfaces
      .filter((one) => one !== first)
      .map((one) => {
        const source = childNamed(one, 'source');
        const which = source?.attributes.map(({name, value}) => `${name} ${value}`).join(', ') ?? 'without a source';
        return stays(
          one,
          `A profile names one network of libvirt, so the interface of the type ${attributeOf(one, 'type')} (${which}) is not in it.`,
        );
      }),
  };
};

/** Keyboards and mice of the host that it takes over; a name that changes with each plug is none that a profile has. */
const inputOf = (root: XmlElement): ImportedGuest => {
  const found = elementsAt(root, 'devices/input').filter((input) => attributeOf(input, 'type') === 'evdev');
  const named = found.map((element) => {
    const source = childNamed(element, 'source');
    return {element, path: readValue(inputPath, attributeOf(source, 'dev')), toggle: toggleOf(source)};
  });
  const paths = [...new Set(named.flatMap(({path}) => path ?? []))];
  if (paths.length === 0) return {guest: {}, omissions: named.map(({element}) => unnamed(element))};
  const toggles = [
    ...new Set(named.flatMap(({path, toggle}) => (path !== null && isKeyboardPath(path) ? [toggle] : []))),
  ];
  const [evdevToggle = 'ctrl-ctrl'] = toggles;
  return {
    guest: {evdev: paths, evdevToggle},
    omissions: named.flatMap(({element, path, toggle}) => {
      if (path === null) return [unnamed(element)];
      return isKeyboardPath(path) && toggle !== evdevToggle
        ? [
            replaced(
              element,
              `This keyboard switches by ${toggle}; a profile has one set of keys, and here it is ${evdevToggle}.`,
            ),
          ]
        : [];
    }),
  };
};

const toggleOf = (source: XmlElement | null): ProfileGuest['evdevToggle'] => {
  const text = attributeOf(source, 'grabToggle');
  const known = Object.keys(grabToggles) as readonly ProfileGuest['evdevToggle'][];
  return known.find((one) => one === text) ?? 'ctrl-ctrl';
};

const unnamed = (element: XmlElement): Omission =>
  stays(
    element,
    `The domain takes over ${attributeOf(childNamed(element, 'source'), 'dev') ?? 'an input'}; a profile names keyboards and mice by /dev/input/by-id only.`,
  );

const sharesOf = (root: XmlElement): ImportedGuest => {
  const share = elementsAt(root, 'devices/filesystem')
    .filter(isSharedFolder)
    .flatMap((element) => {
      const dir = readValue(absolutePath, attributeOf(childNamed(element, 'source'), 'dir'));
      const tag = readValue(shareTag, attributeOf(childNamed(element, 'target'), 'dir'));
      return dir === null || tag === null ? [] : [{dir, tag}];
    });
  return {guest: share.length === 0 ? {} : {share}, omissions: []};
};

const tpmOf = (root: XmlElement): ImportedGuest => {
  const tpms = elementsAt(root, 'devices/tpm');
  const foreign = tpms.filter((tpm) => attributeOf(childNamed(tpm, 'backend'), 'type') !== 'emulator');
  return {
    guest: {tpm: tpms.length > foreign.length},
    omissions: foreign.map((tpm) => stays(tpm, 'The TPM is not an emulated one, which a profile has no key for.')),
  };
};

const isHidden = (root: XmlElement): boolean =>
  elementsAt(root, 'features/kvm/hidden').some((one) => attributeOf(one, 'state') === 'on');

/** libvirt then reads nothing of what is inside. */
const isPassedThrough = (root: XmlElement): boolean =>
  elementsAt(root, 'features/hyperv').some((one) => attributeOf(one, 'mode') === 'passthrough');

const hidingOf = (root: XmlElement): ImportedGuest => {
  const features = childNamed(root, 'features');
  const [hidden] = elementsAt(features, 'kvm/hidden');
  const [vendor] = elementsAt(features, 'hyperv/vendor_id');
  const hideHypervisor = isHidden(root);
  const isRead = vendor !== undefined && attributeOf(vendor, 'state') === 'on' && !isPassedThrough(root);
  const value = isRead ? attributeOf(vendor, 'value') : null;
  const hypervVendorId = readValue(vendorId, value);
  return {
    guest: {hideHypervisor, ...(hypervVendorId === null ? {} : {hypervVendorId})},
    omissions:
      hideHypervisor && hypervVendorId === null && hidden !== undefined
        ? [
            replaced(
              hidden,
              'KVM is hidden and no usable Hyper-V vendor id is set; with a profile the guest gets a neutral one too.',
            ),
          ]
        : [],
  };
};

/** A plan adds features and takes none away. */
const hypervOf = (facts: HostFacts, root: XmlElement): ImportedGuest => {
  const hyperv = childNamed(childNamed(root, 'features'), 'hyperv');
  if (hyperv === null) return {guest: {hyperv: 'none'}, omissions: []};
  if (isPassedThrough(root)) {
    const what =
      'All Hyper-V features of the host are passed through, which a profile cannot say; guest.hyperv is auto';
    return {
      guest: {hyperv: 'auto'},
      omissions: [
        isHidden(root)
          ? replaced(hyperv, `${what}, and they are listed one by one, next to a vendor id.`)
          : stays(hyperv, `${what}.`),
      ],
    };
  }
  const present = childrenOn(hyperv);
  const {version} = libvirtOf(facts);
  const said = withoutProblems(
    present.map(({name}) => name),
    version,
  );
  const unsaid = present.filter(({name}) => !said.includes(name));
  return {
    guest: {hyperv: said.length === 0 ? 'none' : said},
    omissions: unsaid.map((one) =>
      stays(one, `The Hyper-V feature ${one.name} is none that a profile can ask for here.`),
    ),
  };
};

const childrenOn = (hyperv: XmlElement): readonly XmlElement[] =>
  hyperv.children.filter(
    (one) => one.namespace === '' && one.name !== 'vendor_id' && attributeOf(one, 'state') === 'on',
  );

/** One that is dropped may have been what another needs. */
const withoutProblems = (names: readonly string[], version: string | null): readonly string[] => {
  const left = names.filter((name) => problemOfHyperv(name, names, version) === null);
  return left.length === names.length ? left : withoutProblems(left, version);
};

const processorOf = (root: XmlElement): ImportedGuest => {
  const cpu = childNamed(root, 'cpu');
  const cells = childrenNamed(childNamed(cpu, 'numa'), 'cell');
  const [first, second] = cells;
  const mode = attributeOf(cpu, 'mode') ?? 'custom';
  return {
    guest: {numaCell: second === undefined ? first !== undefined : 'auto'},
    omissions: [
      ...(cpu === null || mode === 'host-passthrough'
        ? []
        : [replaced(cpu, `The CPU is ${mode} and becomes host-passthrough.`)]),
      ...(second === undefined
        ? []
        : [replaced(second, `The guest has ${cells.length} NUMA cells; a plan makes them anew, by the host's nodes.`)]),
    ],
  };
};
