import {isObject, parseJson} from '../../../decode/decode.ts';
import {attributeOf, type XmlElement} from '../../../formats/xml/document.ts';

/** Of libvirt's elements that hold arguments of QEMU (formatdomain, "QEMU command-line passthrough"). */
export const qemuNamespace = 'http://libvirt.org/schemas/domain/qemu/1.0';

/** A name without the prefix, which is the author's choice. */
const localName = ({name}: XmlElement): string => name.slice(name.indexOf(':') + 1);

export const commandLinesOf = (root: XmlElement | null): readonly XmlElement[] =>
  root?.children.filter((child) => child.namespace === qemuNamespace && localName(child) === 'commandline') ?? [];

const argumentsOf = (commandLine: XmlElement): readonly XmlElement[] =>
  commandLine.children.filter((child) => child.namespace === qemuNamespace && localName(child) === 'arg');

/** A device of kvmfr that QEMU gets as memory, with the elements that say so. */
export type KvmfrMemory = {
  readonly commandLine: XmlElement;
  /** Value of `-object`. */
  readonly object: XmlElement;
  /** By which `-device` names it. */
  readonly id: string;
  readonly device: number;
  /** `null` where the size is in a form that is not read here. */
  readonly bytes: number | null;
  readonly isJson: boolean;
  /** `-object` and its value; `-device` and its value, where there is one. */
  readonly all: readonly XmlElement[];
  readonly hasDevice: boolean;
};

/** What a definition says, in either of the forms that QEMU reads. */
export const kvmfrMemories = (root: XmlElement | null): readonly KvmfrMemory[] =>
  commandLinesOf(root).flatMap((commandLine) => {
    const pairs = pairsOf(argumentsOf(commandLine));
    const shown = new Map<string, XmlElement[]>();
    for (const {option, fields, elements} of pairs) {
      const memory = option === '-device' ? fields.get('memdev') : undefined;
      if (memory !== undefined) shown.set(memory, [...elements, ...(shown.get(memory) ?? [])]);
    }
    return pairs.flatMap(({option, fields, elements, isJson}) => {
      const device = /^\/dev\/kvmfr(\d{1,3})$/.exec(fields.get('mem-path') ?? '')?.[1];
      const [, object] = elements;
      if (option !== '-object' || device === undefined || object === undefined) return [];
      const id = fields.get('id') ?? '';
      const devices = shown.get(id) ?? [];
      return [
        {
          commandLine,
          object,
          id,
          device: Number(device),
          bytes: parseBytes(fields.get('size') ?? ''),
          isJson,
          all: [...elements, ...devices],
          hasDevice: devices.length > 0,
        },
      ];
    });
  });

type Fields = ReadonlyMap<string, string>;

type Pair = {
  readonly option: string;
  readonly elements: readonly XmlElement[];
  readonly fields: Fields;
  readonly isJson: boolean;
};

/** An option and what follows it. */
const pairsOf = (found: readonly XmlElement[]): readonly Pair[] =>
  found.flatMap((element, index) => {
    const option = attributeOf(element, 'value') ?? '';
    const next = found[index + 1];
    if (!['-object', '-device'].includes(option) || next === undefined) return [];
    const value = attributeOf(next, 'value') ?? '';
    const isJson = value.trimStart().startsWith('{');
    return [{option, elements: [element, next], isJson, fields: isJson ? parseJsonFields(value) : parseFields(value)}];
  });

/** `memory-backend-file,id=x,size=64M` */
const parseFields = (value: string): Fields =>
  new Map(
    value.split(',').flatMap((part) => {
      const equals = part.indexOf('=');
      return equals === -1 ? [] : [[part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const];
    }),
  );

/** `{"id":"x","size":1}`; QEMU takes single quotes in the place of double ones (qobject/json-lexer.c). */
const parseJsonFields = (value: string): Fields => {
  const parsed = parseJson(value.includes('"') ? value : value.replaceAll("'", '"'));
  return new Map(
    parsed.isValid && isObject(parsed.value)
      ? Object.entries(parsed.value).map(([key, one]) => [key, String(one)] as const)
      : [],
  );
};

const units: Readonly<Record<string, number>> = {'': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3};

/** Whole numbers only, of what QEMU takes (util/cutils.c, qemu_strtosz). */
const parseBytes = (text: string): number | null => {
  const [, digits, unit = ''] = /^(\d{1,12})([kmg]?)b?$/i.exec(text) ?? [];
  return digits === undefined ? null : Number(digits) * (units[unit.toLowerCase()] ?? 1);
};

export type MemoryArguments = {readonly object: string; readonly device: string};

/** QEMU's arguments for it. JSON from QEMU 6.2 and libvirt 7.9 on, which libvirt then uses itself (LookingGlass: doc/ivshmem_kvmfr.rst). */
export const renderMemory = (
  {device, sizeMiB, id}: {readonly device: number; readonly sizeMiB: number; readonly id: string},
  isJson: boolean,
): MemoryArguments => {
  const path = kvmfrPath(device);
  return isJson
    ? {
        object: JSON.stringify({
          'qom-type': 'memory-backend-file',
          id,
          'mem-path': path,
          size: sizeMiB * mebibyte,
          share: true,
        }),
        device: JSON.stringify({driver: 'ivshmem-plain', id: `${id}-window`, memdev: id}),
      }
    : {
        object: `memory-backend-file,id=${id},mem-path=${path},size=${sizeMiB}M,share=on`,
        device: `ivshmem-plain,id=${id}-window,memdev=${id}`,
      };
};

export const kvmfrPath = (device: number): string => `/dev/kvmfr${device}`;

const mebibyte = 1024 * 1024;
