import {isMap, type Node} from 'yaml';
import type {Finding, Position} from '../findings.ts';
import type {Complaints} from './codec.ts';
import {parseProfileDocument} from './document.ts';
import {profileKeys} from './keys.ts';
import type {Profile} from './profile.ts';
import {sectionOf} from './sections.ts';

export type DecodedProfile = {
  /** `null` when anything is wrong with the file. */
  readonly profile: Profile | null;
  readonly findings: readonly Finding[];
  /** Where a profile path (`cpu.pins`, `devices[0].address`) is written, or the nearest thing around it that is. */
  readonly positionOf: (path: string) => Position | null;
};

/** A hostile file must not fill the terminal; nobody corrects more than this at once. */
const maximumFindings = 100;

/** The text of a profile file, with everything that is wrong with it at once. `file` only serves messages and the default name. */
export const decodeProfile = (text: string, file: string): DecodedProfile => {
  const document = parseProfileDocument(text, file);
  if ('findings' in document) return {profile: null, findings: document.findings, positionOf: () => null};
  const findings: Finding[] = [];
  const positions = new Map<string, Position>();
  const at = (node: Node | null): Position => document.positionAt(node?.range?.[0] ?? 0);
  const complaints: Complaints = {
    report: ({code, path, node, message, remedy}) => {
      if (findings.length < maximumFindings) findings.push({code, severity: 'blocker', subject: path === '' ? file : path, at: at(node), message, remedy});
    },
    locate: (path, node) => positions.set(path, at(node)),
  };
  const profile = decodeRoot(document.root, file, complaints);
  if (profile !== undefined) checkTogether(profile, complaints, document.root);
  const placed = findings.map((finding) => {
    const place = finding.code === 'profile-bad-value' ? positions.get(finding.subject) : undefined;
    return place === undefined ? finding : {...finding, at: place};
  });
  return {profile: findings.length > 0 ? null : (profile ?? null), findings: inFileOrder(placed), positionOf: (path) => nearestPosition(path, positions) ?? (isKeyPath(path) ? at(document.root) : null)};
};

const inFileOrder = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((one, other) => (one.at?.line ?? 0) - (other.at?.line ?? 0) || (one.at?.column ?? 0) - (other.at?.column ?? 0));

/** A section that is left out is told where the file begins; a host address or path is not told there. */
const isKeyPath = (path: string): boolean => /^(?:devices|binding|cpu|memory|guest|host)(?:$|[.[])/.test(path);

const decodeRoot = (root: Node | null, file: string, complaints: Complaints): Profile | undefined => {
  if (isMap(root)) return sectionOf(profileKeys(nameFromFile(file)), () => null).decode(root, '', complaints);
  const isEmpty = root === null || root.range?.[0] === root.range?.[1];
  complaints.report({
    code: isEmpty ? 'profile-missing-key' : 'profile-wrong-type',
    path: '',
    node: root,
    message: isEmpty ? 'The file is empty.' : 'The file is not a map of keys and values.',
    remedy: 'Start with `version: 1`, or let `vfio-pilot profile new` write a profile.',
  });
  return undefined;
};

/** What single values cannot show. */
const checkTogether = (profile: Profile, complaints: Complaints, node: Node | null): void => {
  const {pins, vcpus} = profile.cpu;
  if (pins !== 'auto' && pins.length !== vcpus) {
    complaints.report({code: 'profile-bad-value', path: 'cpu.pins', node, message: `\`cpu.pins\` names ${pins.length} CPUs for ${vcpus} vCPUs.`, remedy: 'Name one host CPU for each vCPU, or write `auto`.'});
  }
  profile.devices.forEach(({address}, index) => {
    if (profile.devices.findIndex((device) => device.address === address) < index) {
      complaints.report({code: 'profile-bad-value', path: `devices[${index}].address`, node, message: `The device ${address} is listed twice.`, remedy: 'Keep one of the two.'});
    }
  });
};

const nameFromFile = (file: string): string => {
  const base = (file.split('/').at(-1) ?? '').replace(/\.ya?ml$/i, '');
  return /^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$/.test(base) ? base : 'profile';
};

const nearestPosition = (path: string, positions: ReadonlyMap<string, Position>): Position | null => {
  const written = path.replaceAll(/MiB\b/g, '');
  const found = positions.get(written);
  if (found !== undefined) return found;
  const parent = written.replace(/(\.[^.[\]]+|\[\d+\])$/, '');
  return parent === written ? null : nearestPosition(parent, positions);
};
