import type {Finding} from '../../findings.ts';
import type {HostNeed, PciAddress} from '../../host/facts.ts';
import {isNeeded} from '../../host/is-needed.ts';
import type {Profile} from '../../profile/profile.ts';
import {always} from './field.ts';
import type {Field, FieldContext, TextField} from './field.ts';

/** The word that gives something up: typed, never a key pressed by mistake. */
const consentWord = 'accept';

const withHost = (profile: Profile, host: Partial<Profile['host']>): Profile => ({...profile, host: {...profile.host, ...host}});

type Consent = Pick<TextField, 'id' | 'label' | 'write'> & {readonly isGiven: (profile: Profile) => boolean; readonly why: string; readonly ask: string};

const consent = (field: Consent): TextField => ({
  ...field,
  kind: 'text',
  cost: ({profile}) => (field.isGiven(profile) ? `✓ You accepted this; erase the word to take it back. ${field.why}` : `${field.why} ${field.ask}`),
  subjects: [field.id],
  isShown: always,
  read: ({profile}) => (field.isGiven(profile) ? consentWord : ''),
});

const unsafeInterrupts = consent({
  id: 'host.allowUnsafeInterrupts',
  label: 'Unsafe interrupts',
  isGiven: (profile) => profile.host.allowUnsafeInterrupts,
  write: (profile, value) => withHost(profile, {allowUnsafeInterrupts: value === consentWord}),
  why: 'This machine does not remap interrupts: a hostile guest could send any interrupt to the host and may take it over.',
  ask: `Type "${consentWord}" if you run only guests that you trust.`,
});

type ListKey = 'acceptGroupMates' | 'acceptLossOf';

const toggled = (list: readonly PciAddress[], address: PciAddress, isIn: boolean): readonly PciAddress[] =>
  isIn ? [...list.filter((one) => one !== address), address] : list.filter((one) => one !== address);

const losing = (key: ListKey, address: PciAddress, label: string, why: string): TextField =>
  consent({
    id: `host.${key}:${address}`,
    label,
    isGiven: (profile) => profile.host[key].includes(address),
    write: (profile, value) => withHost(profile, {[key]: toggled(profile.host[key], address, value === consentWord)}),
    why,
    ask: `Type "${consentWord}" if you give it up.`,
  });

/** Without these the host does not come back up, so no word gives them away. */
const vital: readonly HostNeed['kind'][] = ['root', 'boot', 'esp', 'swap'];

export const isVital = (needs: readonly HostNeed[], address: PciAddress): boolean =>
  needs.some((need) => need.address === address && vital.includes(need.kind));

const lossCodes: readonly Finding['code'][] = ['device-needed-by-host', 'device-drives-console', 'only-gpu'];

const losses = ({facts, profile, preview}: FieldContext): readonly TextField[] => {
  const asked = preview.findings.filter((finding) => finding.severity === 'blocker' && lossCodes.includes(finding.code)).map((finding) => finding.subject);
  const taken = [...(preview.plan?.devices ?? []).map((device) => device.address), ...profile.host.acceptGroupMates];
  const lost = facts.needs.filter((need) => isNeeded(need, taken));
  return [...new Set([...asked, ...profile.host.acceptLossOf])]
    .sort()
    .filter((address) => !isVital(facts.needs, address))
    .map((address) => losing('acceptLossOf', address, `Lose ${address}`, whyNeeded(preview.findings, lost, address)));
};

const whyNeeded = (findings: readonly Finding[], needs: readonly HostNeed[], address: PciAddress): string => {
  const chains = needs.filter((need) => need.address === address).map((need) => need.chain);
  const said = findings.find((finding) => finding.subject === address && lossCodes.includes(finding.code))?.message;
  return chains.length > 0 ? `The host needs ${address}: ${chains.join('; ')}.` : (said ?? `The host uses ${address}.`);
};

const groupMates = ({facts, profile, preview}: FieldContext): readonly TextField[] => {
  const assigned = new Set([...profile.devices, ...(preview.plan?.devices ?? [])].map((device) => device.address));
  const groups = new Set(facts.pci.filter((device) => assigned.has(device.address)).map((device) => device.iommuGroup));
  const isShared = preview.findings.some((finding) => finding.code === 'iommu-group-shared');
  const mates = facts.pci.filter(
    (device) => isShared && device.iommuGroup !== null && groups.has(device.iommuGroup) && !assigned.has(device.address) && !device.isBridge && !(device.class.startsWith('0600') && device.driver === null),
  );
  return [...new Set([...mates.map((mate) => mate.address), ...profile.host.acceptGroupMates])].sort().map((address) => {
    const device = facts.pci.find((one) => one.address === address);
    const what = device?.name ?? device?.driver ?? 'device';
    return losing('acceptGroupMates', address, `Lose ${address}`, `${address} (${what}) shares the IOMMU group of the card. A group goes to one guest as a whole, so the host loses it as long as vfio-pci holds the group.`);
  });
};

const needsUnsafeInterrupts = ({profile, preview}: FieldContext): boolean =>
  profile.host.allowUnsafeInterrupts || preview.findings.some((finding) => finding.code === 'interrupt-remapping-missing');

/** One field for each thing that the user would have to give up in words. */
export const consentFields = (context: FieldContext): readonly TextField[] => [
  ...(needsUnsafeInterrupts(context) ? [unsafeInterrupts] : []),
  ...groupMates(context),
  ...losses(context),
];

/** The same fields by what was typed, for writing a profile. */
export const consentFieldsOf = (edits: Readonly<Record<string, unknown>>): readonly Field[] =>
  Object.keys(edits).flatMap((id): readonly Field[] => {
    if (id === unsafeInterrupts.id) return [unsafeInterrupts];
    const match = /^host\.(acceptGroupMates|acceptLossOf):(.+)$/.exec(id);
    return match?.[1] === undefined || match[2] === undefined ? [] : [losing(match[1] as ListKey, match[2], '', '')];
  });
