import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../formats/xml/document.ts';

/** I/O threads of a defined guest, by number. */
export type IoThreadUse = {
  /** Those that a disk or a controller runs in. */
  readonly used: readonly number[];
  readonly defined: readonly number[];
  /** Whether something without a thread could run in one. */
  readonly mayTake: boolean;
};

export const ioThreadsOf = (domain: XmlElement | null): IoThreadUse => ({
  used: ascending(elementsWithDriver(domain).flatMap(({driver}) => threadsOf(driver))),
  defined: definedThreads(domain),
  mayTake: takersOfIoThread(domain).length > 0,
});

/**
 * Disks and controllers that could run in an I/O thread and do not: only virtio-blk and virtio-scsi can (libvirt,
 * formatdomain: iothread), and no disk that another process serves.
 */
export const takersOfIoThread = (domain: XmlElement | null): readonly XmlElement[] => {
  const hasScsiDisk = devicesOf(domain, 'disk').some((disk) => busOf(disk) === 'scsi');
  return elementsWithDriver(domain)
    .filter(({element, driver}) => threadsOf(driver).length === 0 && mayRunInThread(element, driver, hasScsiDisk))
    .map(({element}) => element);
};

const mayRunInThread = (element: XmlElement, driver: XmlElement | null, hasScsiDisk: boolean): boolean =>
  element.name === 'controller'
    ? hasScsiDisk && attributeOf(element, 'type') === 'scsi' && attributeOf(element, 'model') === 'virtio-scsi'
    : driver !== null &&
      busOf(element) === 'virtio' &&
      (attributeOf(element, 'device') ?? 'disk') === 'disk' &&
      !(attributeOf(element, 'type') ?? '').startsWith('vhost');

const busOf = (disk: XmlElement): string | null => attributeOf(childNamed(disk, 'target'), 'bus');

const devicesOf = (domain: XmlElement | null, name: string): readonly XmlElement[] =>
  childrenNamed(childNamed(domain, 'devices'), name);

const elementsWithDriver = (
  domain: XmlElement | null,
): readonly {readonly element: XmlElement; readonly driver: XmlElement | null}[] =>
  [...devicesOf(domain, 'disk'), ...devicesOf(domain, 'controller')].map((element) => ({
    element,
    driver: childNamed(element, 'driver'),
  }));

/** One in an attribute, or several as elements (since libvirt 10.0). */
const threadsOf = (driver: XmlElement | null): readonly number[] => [
  ...numberOf(attributeOf(driver, 'iothread')),
  ...childrenNamed(childNamed(driver, 'iothreads'), 'iothread').flatMap((one) => numberOf(attributeOf(one, 'id'))),
];

const definedThreads = (domain: XmlElement | null): readonly number[] => {
  const listed = childrenNamed(childNamed(domain, 'iothreadids'), 'iothread').flatMap((one) =>
    numberOf(attributeOf(one, 'id')),
  );
  const [count = 0] = numberOf(childNamed(domain, 'iothreads')?.text.trim() ?? null);
  return listed.length > 0 ? ascending(listed) : Array.from({length: Math.min(count, most)}, (_, index) => index + 1);
};

/** More than any host has CPUs: a file that says more is not believed. */
const most = 8192;

const numberOf = (text: string | null): readonly number[] =>
  text !== null && /^[1-9]\d{0,8}$/.test(text.trim()) ? [Number(text)] : [];

const ascending = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)].sort((a, b) => a - b);
