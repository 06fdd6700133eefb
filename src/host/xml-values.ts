import {ownValue} from '../own-value.ts';

const token = /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<(\/?)([^\s<>/!?]+)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>/g;

const entities: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"};

const decodeEntities = (text: string): string =>
  text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (name !== undefined) return ownValue(entities, name) ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });

/**
 * Text of the first child of the root that has this name; `null` when there is none. It forgives what a real parser
 * would refuse, because a broken domain must still be listed; editors parse properly.
 */
export const childText = (xml: string, name: string): string | null => {
  let depth = 0;
  let start = -1;
  for (const match of xml.matchAll(token)) {
    const [whole, , slash, tag, , isEmpty] = match;
    if (tag === undefined) continue;
    if (slash === '/') {
      depth -= 1;
      if (depth === 1 && start >= 0) return decodeEntities(xml.slice(start, match.index)).trim();
    } else if (isEmpty !== '/') {
      if (depth === 1 && tag === name) start = match.index + whole.length;
      depth += 1;
    }
  }
  return null;
};

/** Name of the root element; `null` when there is no element. */
export const rootName = (xml: string): string | null => {
  for (const [, , , tag] of xml.matchAll(token)) if (tag !== undefined) return tag;
  return null;
};

export type FlatElement = {
  /** Names from the root down, `domain/cputune/vcpupin`. */
  readonly path: string;
  readonly attributes: Readonly<Partial<Record<string, string>>>;
  /** Up to the first child. */
  readonly text: string;
};

/** Every element in the order of the document, as forgiving as `childText`. */
export const flatElements = (xml: string): readonly FlatElement[] => {
  const open: string[] = [];
  const elements: FlatElement[] = [];
  for (const match of xml.matchAll(token)) {
    const [whole, , slash, tag, attributes = '', isEmpty] = match;
    if (tag === undefined) continue;
    if (slash === '/') {
      open.pop();
      continue;
    }
    const end = match.index + whole.length;
    elements.push({path: [...open, tag].join('/'), attributes: parseAttributes(attributes), text: isEmpty === '/' ? '' : decodeEntities(xml.slice(end, xml.indexOf('<', end)))});
    if (isEmpty !== '/') open.push(tag);
  }
  return elements;
};

const parseAttributes = (text: string): FlatElement['attributes'] =>
  Object.fromEntries([...text.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name = '', double, single]) => [name, decodeEntities(double ?? single ?? '')]));
