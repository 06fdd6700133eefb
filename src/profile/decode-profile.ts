import {isMap, type Node} from 'yaml';
import type {Finding, Position} from '../findings/finding.ts';
import type {Complaints} from './codec.ts';
import {parseYamlFile} from './document.ts';
import {type DeviceFormat, formatOf} from './device-format.ts';
import {profileKeys} from './keys.ts';
import type {WrittenProfile} from './profile.ts';
import {sectionOf} from './sections.ts';
import {sharesOf} from './shares.ts';

export type DecodedProfile = {
  /** `null` when anything is wrong with the file. */
  readonly profile: WrittenProfile | null;
  readonly findings: readonly Finding[];
  /** Where a profile path (`cpu.pins`, `devices[0].address`) is written, or the nearest thing around it that is. */
  readonly positionOf: (path: string) => Position | null;
};

/** A hostile file must not fill the terminal; nobody corrects more than this at once. */
const maximumFindings = 100;

/** The text of a profile file, with everything that is wrong with it at once. `file` only serves messages and the default name. */
export const decodeProfile = (text: string, file: string, formats: readonly DeviceFormat[]): DecodedProfile => {
  const document = parseYamlFile(text, file);
  if ('findings' in document) return {profile: null, findings: document.findings, positionOf: () => null};
  const findings: Finding[] = [];
  const positions = new Map<string, Position>();
  const at = (node: Node | null): Position => document.positionAt(node?.range?.[0] ?? 0);
  const complaints: Complaints = {
    report: ({code, path, node, message, remedy}) => {
      if (findings.length < maximumFindings)
        findings.push({code, severity: 'blocker', subject: path === '' ? file : path, at: at(node), message, remedy});
    },
    locate: (path, node) => positions.set(path, at(node)),
  };
  const profile = decodeRoot({root: document.root, file, formats}, complaints);
  if (profile !== undefined) checkTogether(profile, {complaints, node: document.root, formats});
  const placed = findings.map((finding) => {
    const place = finding.code === 'profile-bad-value' ? positions.get(finding.subject) : undefined;
    return place === undefined ? finding : {...finding, at: place};
  });
  return {
    profile: findings.length > 0 ? null : (profile ?? null),
    findings: inFileOrder(placed),
    positionOf: (path) => nearestPosition(path, positions) ?? (isKeyPath(path) ? at(document.root) : null),
  };
};

const inFileOrder = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted(
    (one, other) => (one.at?.line ?? 0) - (other.at?.line ?? 0) || (one.at?.column ?? 0) - (other.at?.column ?? 0),
  );

/** An error about a missing section names the beginning of the file; a host address or path has no such place. */
const isKeyPath = (path: string): boolean => /^(?:devices|binding|cpu|memory|guest|host)(?:$|[.[])/.test(path);

type Root = {readonly root: Node | null; readonly file: string; readonly formats: readonly DeviceFormat[]};

const decodeRoot = ({root, file, formats}: Root, complaints: Complaints): WrittenProfile | undefined => {
  if (isMap(root)) return sectionOf(profileKeys(nameFromFile(file), formats), () => null).decode(root, '', complaints);
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
const checkTogether = (
  profile: WrittenProfile,
  {complaints, node, formats}: {complaints: Complaints; node: Node | null; formats: readonly DeviceFormat[]},
): void => {
  const {pins, vcpus} = profile.cpu;
  if (typeof vcpus !== 'number') {
    if (pins !== 'auto')
      complaints.report({
        code: 'profile-bad-value',
        path: 'cpu.pins',
        node,
        message: '`cpu.pins` names the CPUs of one host, and `cpu.vcpus` differs from host to host.',
        remedy: 'Leave `cpu.pins` out, or write a number of vCPUs.',
      });
  } else if (pins !== 'auto' && pins.length !== vcpus) {
    complaints.report({
      code: 'profile-bad-value',
      path: 'cpu.pins',
      node,
      message: `\`cpu.pins\` names ${pins.length} CPUs for ${vcpus} vCPUs.`,
      remedy: 'Name one host CPU for each vCPU, or write `auto`.',
    });
  }
  for (const path of sharesOf(profile)) {
    if (profile.version < 2)
      complaints.report({
        code: 'profile-bad-value',
        path,
        node,
        message: `A profile of version 1 has no share in \`${path}\`.`,
        remedy: 'Write `version: 2`.',
      });
  }
  const same = profile.devices.map((device) => formatOf(formats, device.kind).sameness(device));
  profile.devices.forEach((device, index) => {
    const {marker, version, identity} = formatOf(formats, device.kind);
    const path = `devices[${index}].${marker}`;
    if (same.indexOf(same[index] ?? '') < index) {
      complaints.report({
        code: 'profile-bad-value',
        path,
        node,
        message: `The device ${identity(device)} is listed twice.`,
        remedy: 'Keep one of the two.',
      });
    }
    if (version > profile.version) {
      complaints.report({
        code: 'profile-bad-value',
        path,
        node,
        message: `A profile of version ${profile.version} has no devices with \`${marker}\`.`,
        remedy: `Write \`version: ${version}\`.`,
      });
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
