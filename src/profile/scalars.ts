import {isScalar, type Node} from 'yaml';
import {isPciId, parsePciAddress, type PciAddress} from '../facts/pci-address.ts';
import {guestNamePattern} from '../facts/guest-name.ts';
import type {Codec, Complaints, JsonSchema} from './codec.ts';
import {nearestWord} from './nearest.ts';

/** Why a text is not such a value, as the end of the sentence "`x` …". */
type Refusal = {readonly refusal: string; readonly remedy: string};

type ScalarRule<T> = {
  readonly type: string;
  readonly parse: (text: string) => {readonly value: T} | Refusal;
  readonly render: (value: T) => string;
  readonly schema: JsonSchema;
};

export const scalar = <T>(rule: ScalarRule<T>): Codec<T> => ({
  type: rule.type,
  schema: rule.schema,
  encode: rule.render,
  decode: (node, path, complaints) => {
    const text = scalarText(node, path, rule.type, complaints);
    if (text === undefined) return undefined;
    const result = rule.parse(text);
    if ('value' in result) return result.value;
    complaints.report({
      code: 'profile-bad-value',
      path,
      node,
      message: `\`${shorten(text)}\` ${result.refusal}.`,
      remedy: result.remedy,
    });
    return undefined;
  },
});

const scalarText = (node: Node | null, path: string, type: string, complaints: Complaints): string | undefined => {
  if (isScalar(node) && typeof node.value === 'string' && node.value !== '') return node.value;
  const found = node === null || isScalar(node) ? 'nothing' : 'a list or a map';
  complaints.report({
    code: 'profile-wrong-type',
    path,
    node,
    message: `\`${path}\` holds ${found} where a ${type} belongs.`,
    remedy: `Write one ${type} after \`${path}:\`, or leave the key out.`,
  });
  return undefined;
};

/** A value from a file ends up in a terminal: it is shown short, and its control characters escaped. */
export const shorten = (text: string, most = 60): string => {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return shown.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
};

export const oneOf = <const W extends string>(words: readonly W[]): Codec<W> =>
  scalar<W>({
    type: words.join(' | '),
    schema: {enum: words},
    render: (word) => word,
    parse: (text) => {
      const word = words.find((candidate) => candidate === text);
      if (word !== undefined) return {value: word};
      const near = nearestWord(text, words);
      return {
        refusal: `is not one of ${words.join(', ')}`,
        remedy: near === null ? 'Write one of these words.' : `Did you mean \`${near}\`?`,
      };
    },
  });

export const wholeNumber = (minimum: number, maximum: number): Codec<number> =>
  scalar({
    type: 'whole number',
    schema: {type: 'integer', minimum, maximum},
    render: String,
    parse: (text) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return value >= minimum && value <= maximum
        ? {value}
        : {
            refusal: `is not a whole number from ${minimum} to ${maximum}`,
            remedy: 'Write digits only, without a unit.',
          };
    },
  });

const truths: Readonly<Record<string, boolean>> = {yes: true, true: true, no: false, false: false};

export const yesOrNo: Codec<boolean> = scalar({
  type: 'yes | no',
  schema: {enum: ['yes', 'no', true, false]},
  render: (value) => (value ? 'yes' : 'no'),
  parse: (text) => {
    const value = Object.hasOwn(truths, text) ? truths[text] : undefined;
    return value === undefined ? {refusal: 'is neither yes nor no', remedy: 'Write `yes` or `no`.'} : {value};
  },
});

const mebibytes: Readonly<Record<string, number>> = {MiB: 1, GiB: 1024};
export const largestMiB = 64 * 1024 * 1024;

export const leastDiskMiB = 1024;

/** Of a number of digits and its unit; `null` where the unit is none of these. */
export const mebibytesOf = (digits: string | undefined, unit: string | undefined): number | null => {
  const factor = mebibytes[unit ?? ''];
  return factor === undefined ? null : Number(digits) * factor;
};

/** `12 GiB`, `512 MiB` */
export const memoryText = (mib: number): string => (mib > 0 && mib % 1024 === 0 ? `${mib / 1024} GiB` : `${mib} MiB`);

/** In MiB. The unit is required: 12 alone has been read as MiB, as GiB and as KiB by different programs. */
export const memorySize = (minimumMiB: number): Codec<number> =>
  scalar({
    type: 'size with unit (`12 GiB`, `512 MiB`)',
    schema: {type: 'string', pattern: '^[0-9]{1,9} ?(GiB|MiB)$'},
    render: memoryText,
    parse: (text) => {
      const [, digits, unit] = /^(\d{1,9}) ?(GiB|MiB)$/.exec(text) ?? [];
      const value = mebibytesOf(digits, unit);
      if (value === null)
        return {refusal: 'is not a size in GiB or MiB', remedy: 'Write a whole number and the unit, as in `12 GiB`.'};
      return value >= minimumMiB && value <= largestMiB
        ? {value}
        : {
            refusal: `is not between ${minimumMiB} MiB and ${largestMiB / 1024} GiB`,
            remedy: 'Write a size that a machine can have.',
          };
    },
  });

export const pciAddress: Codec<PciAddress> = scalar({
  type: 'PCI address (`0000:06:00.0`)',
  schema: {type: 'string', pattern: '^([0-9A-Fa-f]{4,8}:)?[0-9A-Fa-f]{2}:[01][0-9A-Fa-f]\\.[0-7]$'},
  render: (value) => value,
  parse: (text) => {
    const value = text.startsWith('pci_') ? null : parsePciAddress(text);
    return value === null
      ? {refusal: 'is not a PCI address', remedy: 'Write it as `lspci -D` shows it: `0000:06:00.0`.'}
      : {value};
  },
});

export const pciClass: Codec<string> = scalar({
  type: 'beginning of a PCI class (`03`, `0300`)',
  schema: {type: 'string', pattern: '^([0-9A-Fa-f]{2}){1,3}$'},
  render: (value) => value,
  parse: (text) =>
    /^(?:[0-9a-f]{2}){1,3}$/i.test(text)
      ? {value: text.toLowerCase()}
      : {
          refusal: 'is not the beginning of a PCI class',
          remedy: 'Write 2, 4 or 6 hexadecimal digits, as `lspci -nn` has them in brackets: `0300`.',
        },
});

/** Vendor and device, as PCI and USB write both. */
const deviceId = <Id extends string>(
  isId: (text: string) => text is Id,
  type: string,
  words: {readonly refusal: string; readonly remedy: string},
): Codec<Id> =>
  scalar({
    type,
    schema: {type: 'string', pattern: '^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}$'},
    render: (value) => value,
    parse: (text) => {
      const value = text.toLowerCase();
      return isId(value) ? {value} : words;
    },
  });

export const pciId = deviceId(isPciId, 'PCI id (`10de:1c81`)', {
  refusal: 'is not a PCI id',
  remedy: 'Write vendor and device as `lspci -nn` shows them in brackets: `10de:1c81`.',
});

export const usbId = deviceId((text): text is string => isPciId(text), 'USB id (`046d:c21f`)', {
  refusal: 'is not a USB id',
  remedy: 'Write vendor and product as `lsusb` shows them: `046d:c21f`.',
});

/** Editors differ in what patterns they know, so the schema has a simpler one where ours needs Unicode classes. */
export const patterned = (
  type: string,
  pattern: string,
  refusal: string,
  remedy: string,
  schema: JsonSchema = {type: 'string', pattern},
): Codec<string> =>
  scalar({
    type,
    schema,
    render: (value) => value,
    parse: (text) => (new RegExp(pattern, 'u').test(text) ? {value: text} : {refusal, remedy}),
  });

/** Goes into file names and libvirt XML. */
export const plainName = patterned(
  'name',
  '^[A-Za-z0-9][A-Za-z0-9._+\\-]{0,62}$',
  'is not a usable name',
  'Use 1 to 63 letters, digits, `.`, `_`, `+` or `-`, with a letter or a digit first.',
);

/** Of a guest or a network that libvirt may know already, under a name that a person gave it. */
export const libvirtName = patterned(
  'name',
  guestNamePattern,
  'is not a usable name in libvirt',
  'Use 1 to 63 letters, digits, blanks and `._+-()[]@#&!=:`, with a letter or a digit first and no blank at the end.',
  {type: 'string', pattern: '^[^/]+$', maxLength: 63},
);

/** Of one network interface: libvirt refuses one that stands for several (multicast). */
export const macAddress: Codec<string> = scalar({
  type: 'MAC address (`52:54:00:12:34:56`)',
  schema: {type: 'string', pattern: '^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$'},
  render: (value) => value,
  parse: (text) =>
    /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/i.test(text)
      ? {value: text.toLowerCase()}
      : {
          refusal: 'is not a MAC address of one interface',
          remedy: 'Write six pairs of hexadecimal digits, of which the second digit is even: `52:54:00:12:34:56`.',
        },
});

/** Commas separate options in QEMU's arguments, so a path with one cannot be passed on. */
export const absolutePath = patterned(
  'absolute path',
  '^(?!.*/\\.\\.(/|$))/[^,\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,1023}$',
  'is not a usable path',
  'Write an absolute path without `..`, commas and control characters.',
  {type: 'string', pattern: '^/[^,]+$', maxLength: 1024},
);

/** Names in /dev/input are numbered anew at each plug and boot; those in by-id stay. */
export const inputPath = patterned(
  'path of a keyboard or mouse (`/dev/input/by-id/…-event-kbd`)',
  '^/dev/input/by-id/[^/,\\s\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,200}-event-(kbd|mouse)$',
  'is no name of a keyboard or a mouse',
  'Write a whole path that `ls /dev/input/by-id/*-event-kbd /dev/input/by-id/*-event-mouse` lists: these names stay the same.',
  {type: 'string', pattern: '^/dev/input/by-id/[^/,]+-event-(kbd|mouse)$'},
);

/** Goes into a line of systemd-tmpfiles. */
export const userName = patterned(
  'user name',
  '^[A-Za-z_][A-Za-z0-9_.\\-]{0,30}$',
  'is no name of a user',
  'Write your user name on the host, as `id -un` prints it.',
);

export const resolution = patterned(
  'resolution (`2560x1440`)',
  '^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$',
  'is no resolution',
  'Write width and height in pixels with an x between them: `2560x1440`.',
);

/** virtio-fs has 36 bytes for it. */
export const shareTag = patterned(
  'name',
  '^[A-Za-z0-9][A-Za-z0-9._\\-]{0,35}$',
  'is not a usable tag',
  'Use 1 to 36 letters, digits, `.`, `_` or `-`, with a letter or a digit first.',
);

export const vendorId = patterned(
  'text of 1 to 12 characters',
  '^[A-Za-z0-9 _.\\-]{1,12}$',
  'is not a usable Hyper-V vendor id',
  'Use 1 to 12 letters, digits, spaces, `_`, `.` or `-`.',
);

export const oneLine = patterned(
  'text of one line',
  '^[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,500}$',
  'is not one line of text',
  'Write at most 500 characters on one line, without control characters.',
  {type: 'string', minLength: 1, maxLength: 500},
);
