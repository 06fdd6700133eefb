/** What is filled. */
export type Surface =
  | 'page' | 'frame' | 'node' | 'domain'
  | 'host' | 'vcpu' | 'emulator' | 'iothread' | 'offline' | 'device'
  | 'track' | 'memory' | 'hugepages' | 'guest';

/** What is written, with the name of its surface where that is coloured. */
export type Ink = 'plain' | 'muted' | 'on-vcpu' | 'on-emulator' | 'on-iothread' | 'on-device';

type Scheme = {readonly surfaces: Readonly<Record<Surface, string>>; readonly inks: Readonly<Record<Ink, string>>; readonly line: string};

const light: Scheme = {
  surfaces: {
    page: '#ffffff', frame: '#f6f8fa', node: '#ffffff', domain: '#f6f8fa',
    host: '#eaeef2', vcpu: '#1a7f37', emulator: '#9a6700', iothread: '#8250df', offline: '#ffffff', device: '#0969da',
    track: '#d8dee4', memory: '#0969da', hugepages: '#1b7c83', guest: '#1a7f37',
  },
  inks: {plain: '#1f2328', muted: '#57606a', 'on-vcpu': '#ffffff', 'on-emulator': '#ffffff', 'on-iothread': '#ffffff', 'on-device': '#ffffff'},
  line: '#d0d7de',
};

const dark: Scheme = {
  surfaces: {
    page: '#0d1117', frame: '#161b22', node: '#0d1117', domain: '#161b22',
    host: '#21262d', vcpu: '#3fb950', emulator: '#d29922', iothread: '#bc8cff', offline: '#0d1117', device: '#58a6ff',
    track: '#30363d', memory: '#58a6ff', hugepages: '#39c5cf', guest: '#3fb950',
  },
  inks: {plain: '#e6edf3', muted: '#9198a1', 'on-vcpu': '#0d1117', 'on-emulator': '#0d1117', 'on-iothread': '#0d1117', 'on-device': '#0d1117'},
  line: '#30363d',
};

const framed: readonly Surface[] = ['frame', 'node', 'domain', 'offline'];

const rulesOf = ({surfaces, inks, line}: Scheme): string =>
  [
    ...Object.entries(surfaces).map(([name, color]) => `.${name}{fill:${color}}`),
    ...Object.entries(inks).map(([name, color]) => `.ink-${name}{fill:${color}}`),
    `${framed.map((name) => `.${name}`).join(',')}{stroke:${line}}`,
  ].join('');

/** Plain rules rather than variables, which not every program that shows SVG knows: such a one shows the light scheme. */
export const styleSheet = (): string => `${rulesOf(light)}@media (prefers-color-scheme:dark){${rulesOf(dark)}}`;
