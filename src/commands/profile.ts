import {UsageError} from '../errors.ts';
import type {GuestSystem, Profile} from '../profile/profile.ts';
import {decodeProfile} from '../profile/decode-profile.ts';
import {encodeProfile} from '../profile/encode-profile.ts';
import {profileSchema} from '../profile/profile-schema.ts';
import {parsePciAddress} from '../host/pci-address.ts';
import type {HostFacts} from '../host/facts.ts';
import {isBlocked} from '../findings.ts';
import {previewChanges} from '../changes/preview.ts';
import {proposeProfile} from '../plan/propose-profile.ts';
import {createUserFile} from '../system/user-file.ts';
import type {CommandContext} from './context.ts';
import {exitCodes} from './context.ts';
import {describeFindings} from './describe-finding.ts';
import {loadProfile} from './load-profile.ts';
import {openHost} from './open-host.ts';
import {refuseProfile} from './plan.ts';

export const profile = async (context: CommandContext): Promise<number> => {
  const [verb, file] = context.options.positionals;
  if (verb === 'new') return createProfile(context);
  if (verb === 'show') return showProfile(context, file);
  if (verb === 'check') return checkProfile(context, file);
  if (verb === 'schema') {
    context.out(`${JSON.stringify(profileSchema(), null, 2)}\n`);
    return exitCodes.done;
  }
  throw new UsageError(verb === undefined ? 'profile needs to know what to do.' : `There is no \`profile ${verb}\`.`, 'One of: profile new, profile show FILE, profile check FILE, profile schema.');
};

const createProfile = async (context: CommandContext): Promise<number> => {
  const {options} = context;
  if (options.devices.length === 0) throw new UsageError('profile new needs at least one --device ADDRESS.', '`vfio-pilot groups` lists the devices.');
  const {facts} = await openHost(context);
  const text = encodeProfile(applyFlags(context, proposeProfile(facts, options.devices.map((device) => findDevice(facts, device)))), namesOf(facts));
  const {profile: created, findings} = decodeProfile(text, 'profile new');
  if (created === null || isBlocked(findings)) {
    const first = findings[0];
    throw new UsageError(first?.message ?? 'These values make no profile.', first?.remedy ?? 'Correct the flags.');
  }
  if (options.isJson) context.out(jsonOf(created));
  else if (options.out === null) context.out(text);
  if (options.out !== null) {
    createUserFile(options.out, text);
    context.err(`Saved ${options.out}.\n`);
  }
  return exitCodes.done;
};

const findDevice = (facts: HostFacts, text: string): string => {
  const address = parsePciAddress(text);
  if (address === null) throw new UsageError(`--device ${text} is no PCI address.`, 'Write it as lspci does: 06:00.0 or 0000:06:00.0.');
  const device = facts.pci.find((one) => one.address === address);
  if (device === undefined) throw new UsageError(`No device is at ${address} on this host.`, '`vfio-pilot groups` lists the devices.');
  if (device.isBridge) throw new UsageError(`${address} is a bridge, which stays with the host.`, 'Name the card behind it; `vfio-pilot groups` lists the devices.');
  return address;
};

const systems: readonly GuestSystem[] = ['windows-11', 'windows-10', 'linux', 'other'];

const applyFlags = ({options}: CommandContext, proposed: Profile): Profile => {
  const os = systems.find((system) => system === options.os);
  if (options.os !== null && os === undefined) throw new UsageError(`--os ${options.os} is not known.`, `One of ${systems.join(', ')}.`);
  return {
    ...proposed,
    cpu: {...proposed.cpu, vcpus: options.vcpus === null ? proposed.cpu.vcpus : parseCount(options.vcpus)},
    memory: {...proposed.memory, sizeMiB: options.memory === null ? proposed.memory.sizeMiB : parseMemory(options.memory)},
    guest: {...proposed.guest, name: options.guest ?? proposed.guest.name, os: os ?? proposed.guest.os},
  };
};

const parseCount = (text: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`--vcpus ${text} is no number of CPUs.`, 'For example --vcpus 8.');
  return Number(text);
};

const parseMemory = (text: string): number => {
  const [, amount, unit] = /^(\d{1,7}) ?(MiB|GiB)$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageError(`--memory ${text} is no size.`, 'For example --memory 12GiB.');
  return Number(amount) * (unit === 'GiB' ? 1024 : 1);
};

const namesOf = (facts: HostFacts): Readonly<Record<string, string>> =>
  Object.fromEntries(facts.pci.flatMap((device) => (device.name === null ? [] : [[device.address, device.name]])));

const jsonOf = (profile: Profile): string => `${JSON.stringify(profile, null, 2)}\n`;

const showProfile = (context: CommandContext, file: string | undefined): number => {
  const loaded = loadProfile(file);
  if (!loaded.isValid) return refuseProfile(context, loaded.findings);
  context.out(context.options.isJson ? jsonOf(loaded.profile) : encodeProfile(loaded.profile));
  return exitCodes.done;
};

/** The file, and then the file against this host (or the one of --root). */
const checkProfile = async (context: CommandContext, file: string | undefined): Promise<number> => {
  const loaded = loadProfile(file);
  if (!loaded.isValid) return refuseProfile(context, loaded.findings);
  const {facts} = await openHost(context);
  const {findings} = previewChanges(facts, loaded.profile, loaded.positionOf);
  if (context.options.isJson) context.out(`${JSON.stringify({version: 1, profile: loaded.profile.name, findings}, null, 2)}\n`);
  else context.out(findings.length === 0 ? `${file} is a valid profile, and fits this host.\n` : describeFindings(findings, context.hasColor));
  return isBlocked(findings) ? exitCodes.blocked : exitCodes.done;
};
