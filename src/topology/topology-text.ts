import type {MapLine, MapRole} from './map-line.ts';

/** Select Graphic Rendition codes; the letters tell the same without them. */
const codes: Readonly<Record<MapRole, string>> = {
  title: '1',
  host: '2',
  vcpu: '1;32',
  emulator: '33',
  iothread: '35',
  offline: '2;31',
  device: '1;36',
  memory: '34',
  hugepages: '32',
  muted: '2',
  plain: '',
};

/** The map for a terminal or a pipe, with a newline after each line. */
export const renderTopologyText = (lines: readonly MapLine[], {color}: {readonly color: boolean}): string =>
  lines.map((line) => `${line.map(({text, role}) => paint(text, color ? codes[role] : '')).join('').trimEnd()}\n`).join('');

const paint = (text: string, code: string): string => (code === '' ? text : `\u001b[${code}m${text}\u001b[0m`);
