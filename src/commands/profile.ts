import {deviceKinds} from '../devices/device-kinds.ts';
import {anything, either, literal, shape, text} from '../decode/decode.ts';
import {UsageError} from '../errors.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {type Finding, isBlocked} from '../findings/finding.ts';
import {proposeProfile} from '../pipeline/propose-profile.ts';
import {decodeProfile, encodeProfile, profileSchema} from '../pipeline/profile-file.ts';
import type {GuestSystem, Profile, WrittenProfile} from '../profile/profile.ts';
import {profileShape} from '../profile/profile-shape.ts';
import {createUserFile} from '../system/user-file.ts';
import {type Command, exitCodes, renderDocument} from './command.ts';
import {describeFindings} from './describe-finding.ts';
import {deviceNames} from './device-names.ts';
import {
  findingsShape,
  type Unreadable,
  type UnreadableDocument,
  unreadableDocument,
  unreadableShape,
} from './documents.ts';
import {loadProfile} from './load.ts';

type NewOptions = {
  readonly device?: readonly string[];
  readonly vcpus?: string;
  readonly memory?: string;
  readonly guest?: string;
  readonly os?: string;
  readonly out?: string;
};

type Created = {readonly profile: WrittenProfile; readonly text: string; readonly saved: string | null};

export const createProfile: Command<NewOptions, Created, WrittenProfile> = {
  run: async ({options, host}) => {
    const {device = [], out = null} = options;
    if (device.length === 0)
      throw new UsageError(
        'profile new needs at least one --device ADDRESS.',
        '`vfio-pilot groups` lists the devices.',
      );
    const facts = await (await host()).facts();
    const proposed = proposeProfile(
      facts,
      device.map((words) => findDevice(facts, words)),
    );
    const text = encodeProfile(withOptions(options, proposed), deviceNames(facts, proposed));
    const {profile, findings} = decodeProfile(text, 'profile new');
    if (profile === null || isBlocked(findings)) {
      const first = findings[0];
      throw new UsageError(first?.message ?? 'These values make no profile.', first?.remedy ?? 'Correct the options.');
    }
    if (out !== null) createUserFile(out, text);
    return {profile, text, saved: out};
  },
  exitCode: () => exitCodes.done,
  document: ({profile}) => profile,
  shape: profileShape,
  describe: ({text, saved}) => (saved === null ? text : ''),
  remark: ({saved}) => (saved === null ? '' : `Saved ${saved}.\n`),
};

/** What each kind of device understands by the words. */
const findDevice = (facts: HostFacts, words: string): string => {
  const named = deviceKinds.map((kind) => kind.understand(facts, words)).find((one) => one !== null) ?? null;
  if (named === null)
    throw new UsageError(
      `--device ${words} is not the name of a device here.`,
      'Write it as lspci does, 06:00.0 or 0000:06:00.0; a virtual function as 0000:04:00.0/virtfn2, a slice as 00:02.0/i915-GVTg_V5_4, a USB device as usb/046d:c21f.',
    );
  if (!named.ok) throw new UsageError(named.problem, named.remedy);
  return named.identity;
};

const systems: readonly GuestSystem[] = ['windows-11', 'windows-10', 'linux', 'other'];

const withOptions = ({vcpus, memory, guest, os}: NewOptions, proposed: Profile): Profile => ({
  ...proposed,
  cpu: {...proposed.cpu, vcpus: vcpus === undefined ? proposed.cpu.vcpus : parseCount(vcpus)},
  memory: {...proposed.memory, sizeMiB: memory === undefined ? proposed.memory.sizeMiB : parseMemory(memory)},
  guest: {
    ...proposed.guest,
    name: guest ?? proposed.guest.name,
    os: systems.find((system) => system === os) ?? proposed.guest.os,
  },
});

const parseCount = (text: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new UsageError(`--vcpus must be a number, and "${text}" is none.`, 'For example --vcpus 8.');
  return Number(text);
};

const parseMemory = (text: string): number => {
  const [, amount, unit] = /^(\d{1,7}) ?(MiB|GiB)$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageError(`--memory: "${text}" is not a size.`, 'For example --memory 12GiB.');
  return Number(amount) * (unit === 'GiB' ? 1024 : 1);
};

type Shown = Unreadable | {readonly kind: 'shown'; readonly profile: WrittenProfile};

export const showProfile: Command<unknown, Shown, WrittenProfile | UnreadableDocument> = {
  run: async ({positionals: [path = '']}) => {
    const loaded = loadProfile(path);
    return loaded.isValid ? {kind: 'shown', profile: loaded.profile} : {kind: 'unreadable', findings: loaded.findings};
  },
  exitCode: ({kind}) => (kind === 'shown' ? exitCodes.done : exitCodes.usage),
  document: (shown) => (shown.kind === 'shown' ? shown.profile : unreadableDocument(shown)),
  shape: either<WrittenProfile | UnreadableDocument>(profileShape, unreadableShape),
  describe: (shown) => (shown.kind === 'shown' ? encodeProfile(shown.profile) : ''),
  remark: (shown, style) => (shown.kind === 'shown' ? '' : describeFindings(shown.findings, style)),
};

type Judged =
  | Unreadable
  | {readonly kind: 'judged'; readonly path: string; readonly name: string; readonly findings: readonly Finding[]};

type JudgedDocument =
  UnreadableDocument | {readonly version: 1; readonly profile: string; readonly findings: readonly Finding[]};

/** The file, and then the file against this host (or the one of --root). */
export const checkProfile: Command<unknown, Judged, JudgedDocument> = {
  run: async ({positionals: [path = ''], host}) => {
    const loaded = loadProfile(path);
    if (!loaded.isValid) return {kind: 'unreadable', findings: loaded.findings};
    const {preview} = await (await host()).preview(loaded.profile, loaded.positionOf);
    return {kind: 'judged', path, name: loaded.profile.name, findings: preview.findings};
  },
  exitCode: ({kind, findings}) =>
    kind === 'unreadable' ? exitCodes.usage : isBlocked(findings) ? exitCodes.blocked : exitCodes.done,
  document: (judged) =>
    judged.kind === 'unreadable'
      ? unreadableDocument(judged)
      : {version: 1, profile: judged.name, findings: judged.findings},
  shape: either<JudgedDocument>(
    shape<Exclude<JudgedDocument, UnreadableDocument>>({version: literal(1), profile: text, findings: findingsShape}),
    unreadableShape,
  ),
  describe: (judged, style) => {
    if (judged.kind === 'unreadable') return '';
    return judged.findings.length === 0
      ? `${judged.path} is a valid profile, and fits this host.\n`
      : describeFindings(judged.findings, style);
  },
  remark: ({kind, findings}, style) => (kind === 'unreadable' ? describeFindings(findings, style) : ''),
};

export const showSchema: Command<unknown, unknown, unknown> = {
  run: async () => profileSchema(),
  exitCode: () => exitCodes.done,
  document: (schema) => schema,
  shape: anything,
  describe: (schema) => renderDocument(schema),
};
