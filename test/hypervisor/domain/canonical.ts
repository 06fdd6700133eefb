import {
  allElements,
  attributeOf,
  childNamed,
  parseXmlDocument,
  type XmlDocument,
  type XmlElement,
} from '../../../src/formats/xml/document.ts';
import {sourceOf} from '../../../src/hypervisor/kvm/domain/place-cards.ts';

export const parse = (text: string): XmlDocument => {
  const parsed = parseXmlDocument(text);
  if (!parsed.ok) throw new Error(`${parsed.problem.line}:${parsed.problem.column} ${parsed.problem.message}`);
  return parsed.document;
};

/** Elements that the plan decides on, whole; and attributes that it sets, by element. */
const ours = new Set([
  'memory',
  'currentMemory',
  'vcpu',
  'vcpus',
  'iothreads',
  'memoryBacking/hugepages',
  'memoryBacking/hugepages/page',
  'memoryBacking/allocation',
  'cputune/vcpupin',
  'cputune/emulatorpin',
  'cputune/iothreadpin',
  'numatune/memory',
  'numatune/memnode',
  'cpu/model',
  'cpu/vendor',
  'cpu/topology',
  'cpu/cache',
  'cpu/maxphysaddr',
  'cpu/numa',
  'cpu/numa/cell',
  'features/kvm/hidden',
  'devices/memballoon',
  'devices/memballoon/address',
  'devices/memballoon/stats',
  'devices/memballoon/alias',
  'clock/timer[hypervclock]',
]);
const enlightenments =
  /^features\/hyperv\/(relaxed|vapic|spinlocks|vpindex|runtime|synic|stimer|frequencies|tlbflush|ipi|vendor_id)$/;
const containers = /^(memoryBacking|cputune|numatune|features|features\/kvm|features\/hyperv|clock|devices)$/;

/** One line for each foreign element, in document order: path, attributes, text. */
export const foreignLines = (document: XmlDocument, planned: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  const visit = (element: XmlElement, path: string): void => {
    const key =
      path === 'clock/timer' && attributeOf(element, 'name') === 'hypervclock' ? 'clock/timer[hypervclock]' : path;
    if (ours.has(key) || enlightenments.test(path)) return;
    if (path.startsWith('devices/') && planned.includes(sourceOf(element) ?? '')) return;
    if (
      path === 'devices/controller' &&
      element.attributes.length === 3 &&
      element.children.length === 0 &&
      attributeOf(element, 'model') === 'pcie-root-port'
    )
      return;
    // Which thread a disk runs in is the plan's where none was named; the corpus test holds those that were.
    const isDriver = path === 'devices/disk/driver' || path === 'devices/controller/driver';
    const kept = element.attributes.filter(({name}) => !isDriver || name !== 'iothread');
    if (path === 'devices/controller/driver' && kept.length === 0 && element.children.length === 0) return;
    // A note on `cpu`: mode, check and migratable are the plan's; on `hyperv` the mode is, where a vendor id is planned.
    const attributes =
      path === 'cpu' || path === 'features/hyperv'
        ? ''
        : kept.map(({name, value}) => `${name}=${JSON.stringify(value)}`).join(' ');
    if (!(containers.test(path) || path === 'cpu') || attributes !== '')
      lines.push(`${path} ${attributes} ${JSON.stringify(element.children.length === 0 ? element.text : '')}`);
    for (const child of element.children) visit(child, path === '' ? child.name : `${path}/${child.name}`);
  };
  visit(document.root, '');
  return lines;
};

export const comments = (text: string): readonly string[] => text.match(/<!--[\s\S]*?-->/g) ?? [];

export const hostdevs = (document: XmlDocument): readonly (string | null)[] =>
  (childNamed(document.root, 'devices')?.children ?? []).map(sourceOf).filter((source) => source !== null);

export const named = (document: XmlDocument, name: string): readonly XmlElement[] =>
  allElements(document.root).filter((element) => element.name === name);
