/** An address as a number of 32 or 128 bits, to compare with networks. */
export type IpAddress = {readonly width: 32 | 128; readonly value: bigint};

/** `192.168.1.5`, `2001:db8::1`, `::ffff:10.0.0.1` (as the IPv4 address that it stands for); `null` for anything else. */
export const parseIpAddress = (text: string): IpAddress | null => {
  if (!text.includes(':')) return parseDotted(text);
  const [, head, dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  const last = dotted === undefined ? null : parseDotted(dotted);
  const groups =
    last === null ? text : `${head}${(last.value >> 16n).toString(16)}:${(last.value & 0xffffn).toString(16)}`;
  return parseGroups(groups);
};

const parseDotted = (text: string): IpAddress | null => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null;
  return {width: 32, value: BigInt(`0x${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`)};
};

const parseGroups = (text: string): IpAddress | null => {
  const [before = '', after, more] = text.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const missing = 8 - head.length - tail.length;
  const isWhole = more === undefined && (after === undefined ? missing === 0 : missing > 0);
  const groups = [...head, ...Array.from({length: Math.max(missing, 0)}, () => '0'), ...tail];
  if (!isWhole || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return withoutMapping(BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`));
};

/** The kernel writes both kinds into /proc/net in words of 32 bits in its own byte order, which is little-endian here. */
export const parseKernelAddress = (hex: string): IpAddress | null => {
  if (!/^(?:[0-9a-f]{8}|[0-9a-f]{32})$/i.test(hex)) return null;
  const words = (hex.match(/.{8}/g) ?? []).map((word) => (word.match(/../g) ?? []).reverse().join(''));
  const value = BigInt(`0x${words.join('')}`);
  return hex.length === 8 ? {width: 32, value} : withoutMapping(value);
};

/** RFC 4291 2.5.5.2: ::ffff:0:0/96. */
const withoutMapping = (value: bigint): IpAddress =>
  value >> 32n === 0xffffn ? {width: 32, value: value & 0xffffffffn} : {width: 128, value};

export const isLoopback = ({width, value}: IpAddress): boolean => (width === 32 ? value >> 24n === 127n : value === 1n);

export const renderIpAddress = ({width, value}: IpAddress): string => {
  if (width === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  return Array.from({length: 8}, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':');
};
