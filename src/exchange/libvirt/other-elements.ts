import {attributeOf, childNamed, elementsAt, type XmlElement} from '../../formats/xml/document.ts';
import {readValue} from '../../profile/codec.ts';
import {absolutePath, shareTag} from '../../profile/scalars.ts';
import {isOnlyKvmfr} from './looking-glass.ts';
import {type Omission, stays} from './omission.ts';
import {importedSound} from './sound.ts';

/** Elements that a profile has keys for, that each new domain has, or that libvirt adds itself. */
const known: Readonly<Record<string, readonly string[]>> = {
  domain:
    'name uuid genid title description metadata memory currentMemory memoryBacking vcpu vcpus iothreads iothreadids cputune numatune resource os features cpu clock on_poweroff on_reboot on_crash pm devices seclabel'.split(
      ' ',
    ),
  memoryBacking: ['hugepages', 'allocation'],
  cputune: ['vcpupin', 'emulatorpin', 'iothreadpin'],
  features: ['acpi', 'apic', 'pae', 'hyperv', 'kvm', 'vmport', 'smm'],
  kvm: ['hidden'],
  cpu: ['model', 'vendor', 'topology', 'cache', 'maxphysaddr', 'numa'],
  os: ['type', 'loader', 'nvram', 'boot', 'bootmenu', 'firmware', 'bios'],
  devices:
    'emulator disk controller interface serial console channel tpm graphics audio video hostdev memballoon rng hub panic watchdog'.split(
      ' ',
    ),
};

/** By virtiofs, writable, under names that a profile can have. */
export const isSharedFolder = (element: XmlElement): boolean =>
  element.name === 'filesystem' &&
  attributeOf(childNamed(element, 'driver'), 'type') === 'virtiofs' &&
  childNamed(element, 'readonly') === null &&
  readValue(absolutePath, attributeOf(childNamed(element, 'source'), 'dir')) !== null &&
  readValue(shareTag, attributeOf(childNamed(element, 'target'), 'dir')) !== null;

/** Settings that a profile has no key for: one sentence for all elements of a name, at the first of them. */
export const otherElements = (root: XmlElement): readonly Omission[] => {
  const parents = [
    root,
    ...['memoryBacking', 'cputune', 'features', 'cpu', 'os', 'devices'].flatMap((name) => childNamed(root, name) ?? []),
    ...elementsAt(root, 'features/kvm'),
  ];
  const found = parents.flatMap((parent) =>
    parent.children
      .filter((child) => child.namespace !== '' || known[parent.name]?.includes(child.name) !== true)
      .filter(
        (child) =>
          !isOrdinary(child) && !isOfShares(root, child) && !isOnlyKvmfr(root, child) && !isSoundOf(root, child),
      )
      .map((element) => ({element, place: `<${element.name}>${parent === root ? '' : ` in <${parent.name}>`}`})),
  );
  return [...new Set(found.map(({place}) => place))].flatMap((place) => {
    const same = found.filter((one) => one.place === place).map(({element}) => element);
    const [first] = same;
    const which = [...new Set(same.flatMap((element) => labelOf(element) ?? []))].join(', ');
    return first === undefined
      ? []
      : [stays(first, `A profile has no key for ${place}${which === '' ? '' : ` (${which})`}.`)];
  });
};

const isSoundOf = (root: XmlElement, child: XmlElement): boolean =>
  child.name === 'sound' && importedSound(root) !== null;

/** The folders, and the memory that the guest shares for them. */
const isOfShares = (root: XmlElement, child: XmlElement): boolean => {
  if (isSharedFolder(child)) return true;
  const hasShares = elementsAt(root, 'devices/filesystem').some(isSharedFolder);
  return (
    hasShares &&
    ((child.name === 'access' && attributeOf(child, 'mode') === 'shared') ||
      (child.name === 'source' && attributeOf(child, 'type') === 'memfd'))
  );
};

/** The memory of Looking Glass; a keyboard, mouse or tablet, emulated or of the host; and the flag that a plan sets itself where threads need it. */
const isOrdinary = (element: XmlElement): boolean =>
  (element.name === 'shmem' &&
    attributeOf(element, 'name') === 'looking-glass' &&
    childNamed(element, 'size') !== null) ||
  (element.name === 'input' && ['keyboard', 'mouse', 'tablet', 'evdev'].includes(attributeOf(element, 'type') ?? '')) ||
  (element.name === 'feature' && attributeOf(element, 'name') === 'topoext');

const labelOf = (element: XmlElement): string | null =>
  attributeOf(element, 'name') ?? attributeOf(element, 'type') ?? attributeOf(element, 'model');
