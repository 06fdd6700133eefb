import {type HostNeed, isNeeded, isVital} from '../../facts/needs.ts';
import {identityOf} from '../../devices/device-kinds.ts';
import {isPciAddress, type PciAddress} from '../../facts/pci-address.ts';
import {isDisplay} from '../../facts/pci.ts';
import {remember} from '../../facts/remember.ts';
import {placeOf} from '../../findings/codes.ts';
import type {Finding} from '../../findings/finding.ts';
import {canShow} from '../../plan/device/judge-needs.ts';
import type {Profile} from '../../profile/profile.ts';
import {nameOfFunction} from './name-of-function.ts';
import type {Preview} from '../services.ts';
import {always, type ChoiceField, type Field, type FieldContext, type TextField} from './field.ts';

/** Devices of the profile, and what the plan adds to them. */
const chosenOf = (profile: Profile, plan: Preview['plan']): ReadonlySet<string> =>
  new Set([...profile.devices.map(identityOf), ...(plan?.devices ?? []).flatMap(({address}) => address ?? [])]);

const displaysOf = remember((pci: FieldContext['facts']['pci']) => pci.filter(isDisplay));

/** Whether the host would have no card with a screen left. */
export const isLastScreen = ({
  facts,
  profile,
  plan,
}: Pick<FieldContext, 'facts' | 'profile'> & {readonly plan: Preview['plan']}): boolean => {
  const chosen = chosenOf(profile, plan);
  const screens = displaysOf(facts.pci).filter((device) => chosen.has(device.address) || canShow(device));
  return screens.length > 0 && screens.every((device) => chosen.has(device.address));
};

/** Whether the host would have no screen left. */
export const isOnlyCard = ({facts, profile, preview}: FieldContext): boolean =>
  isLastScreen({facts, profile, plan: preview.plan});

const isAskedFor = ({preview, edits, profile, named}: FieldContext): boolean =>
  profile.binding === 'libvirt' ||
  edits['binding'] !== undefined ||
  named.has('binding') ||
  preview.findings.some((finding) => placeOf(finding.code).field === 'binding');

/** Also where the field does not offer all of them: a remedy may name any. */
export const bindingLabels = {
  handover: 'while the guest runs',
  boot: 'at boot',
  libvirt: 'when the guest starts',
} as const;

/** When the guest gets the card; a host with one card can lend it instead of losing its screen. */
export const bindingField: ChoiceField = {
  id: 'binding',
  kind: 'choice',
  label: 'Give the card',
  subjects: ['binding'],
  isShown: (context) => context.profile.binding === 'handover' || isAskedFor(context) || isOnlyCard(context),
  options: (context) => [
    ...(context.profile.binding === 'handover' || isOnlyCard(context) || context.named.has('binding: handover')
      ? [
          {
            value: 'handover',
            label: bindingLabels.handover,
            cost: `${isOnlyCard(context) ? 'This is your only graphics card. ' : ''}The guest borrows it: when the guest starts, your desktop session ends and unsaved work is lost. When the guest stops, the login screen comes back. The guest needs its own keyboard and mouse. If a driver does not release the card, you may have to reboot.`,
          },
        ]
      : []),
    {
      value: 'boot',
      label: bindingLabels.boot,
      cost: isOnlyCard(context)
        ? 'This is your only graphics card. The host has no screen from boot on, so use this only if you reach it over the network. You have to accept that below.'
        : 'vfio-pci takes the card before any other driver loads. The host cannot use it until you roll back.',
    },
    {
      value: 'libvirt',
      label: bindingLabels.libvirt,
      cost: 'libvirt takes the card from its driver when the guest starts. The initramfs stays unchanged, but the host must not use the card at that moment.',
    },
  ],
  read: ({profile}) => (profile.binding === 'handover' || profile.binding === 'libvirt' ? profile.binding : 'boot'),
  write: (profile, value) => ({
    ...profile,
    binding: value === 'handover' || value === 'libvirt' ? value : 'auto',
  }),
};

/** What has to be decided or accepted before this card can go. */
export const riskFields = (context: FieldContext): readonly Field[] => [
  ...(bindingField.isShown(context) ? [bindingField] : []),
  ...consentFields(context),
];

/** Consent is typed, so that it is never a key pressed by mistake. */
const consentWord = 'accept';

const withHost = (profile: Profile, host: Partial<Profile['host']>): Profile => ({
  ...profile,
  host: {...profile.host, ...host},
});

type Consent = Pick<TextField, 'id' | 'label' | 'write'> & {
  readonly isGiven: (profile: Profile) => boolean;
  readonly why: string;
  readonly ask: string;
};

const consent = (field: Consent): TextField => ({
  ...field,
  kind: 'text',
  cost: ({profile}) =>
    field.isGiven(profile)
      ? `✓ You accepted this. Erase the word to take it back. ${field.why}`
      : `${field.why} ${field.ask}`,
  subjects: [field.id],
  isShown: always,
  read: ({profile}) => (field.isGiven(profile) ? consentWord : ''),
});

const unsafeInterrupts = consent({
  id: 'host.allowUnsafeInterrupts',
  label: 'Unsafe interrupts',
  isGiven: (profile) => profile.host.allowUnsafeInterrupts,
  write: (profile, value) => withHost(profile, {allowUnsafeInterrupts: value === consentWord}),
  why: 'This machine has no interrupt remapping. A hostile guest can send any interrupt to the host and may take it over.',
  ask: `Type "${consentWord}" if you trust every guest that you run.`,
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
    ask: `Type "${consentWord}" to agree.`,
  });

/** Whether the host could not start without this function. */
export const isVitalFunction = (needs: readonly HostNeed[], address: string): boolean =>
  needs.some((need) => need.address === address && isVital(need));

const lossCodes: readonly Finding['code'][] = ['device-needed-by-host', 'device-drives-console', 'only-gpu'];

const losses = ({facts, profile, preview}: FieldContext): readonly TextField[] => {
  const asked = preview.findings
    .filter((finding) => finding.severity === 'blocker' && lossCodes.includes(finding.code))
    .map((finding) => finding.subject)
    .filter(isPciAddress);
  const taken = [
    ...(preview.plan?.devices ?? []).flatMap(({address}) => address ?? []),
    ...profile.host.acceptGroupMates,
  ];
  const lost = facts.needs.filter((need) => isNeeded(need, taken));
  return [...new Set([...asked, ...profile.host.acceptLossOf])]
    .sort()
    .filter((address) => !isVitalFunction(facts.needs, address))
    .map((address) => losing('acceptLossOf', address, `Lose ${address}`, whyNeeded(preview.findings, lost, address)));
};

const whyNeeded = (findings: readonly Finding[], needs: readonly HostNeed[], address: string): string => {
  const chains = needs.filter((need) => need.address === address).map((need) => need.chain);
  const said = findings.find((finding) => finding.subject === address && lossCodes.includes(finding.code))?.message;
  return chains.length > 0 ? `The host needs ${address}: ${chains.join('; ')}.` : (said ?? `The host uses ${address}.`);
};

/** Devices whose loss a remedy offers to accept, as where a hypervisor says itself what it can't keep apart. */
const namedMates = ({named}: FieldContext): readonly PciAddress[] =>
  [...named]
    .filter((one) => one.startsWith('host.acceptGroupMates: '))
    .flatMap((one) => one.match(/[\da-f:]+\.\d/g) ?? [])
    .filter(isPciAddress);

const groupMates = (context: FieldContext): readonly TextField[] => {
  const {facts, profile, preview} = context;
  const isShared = preview.findings.some((finding) => finding.code === 'iommu-group-shared');
  const named = [...namedMates(context), ...profile.host.acceptGroupMates];
  if (!isShared && named.length === 0) return [];
  const assigned = chosenOf(profile, preview.plan);
  const groups = new Set(facts.pci.filter((device) => assigned.has(device.address)).map((device) => device.iommuGroup));
  const mates = facts.pci.filter(
    (device) =>
      isShared &&
      device.iommuGroup !== null &&
      groups.has(device.iommuGroup) &&
      !assigned.has(device.address) &&
      !device.isBridge &&
      !(device.class.startsWith('0600') && device.driver === null),
  );
  const taken = [...[...assigned].filter(isPciAddress), ...mates.map(({address}) => address)];
  return [...new Set([...mates.map((mate) => mate.address), ...named])]
    .sort()
    .filter((address) => !isVitalFunction(facts.needs, address))
    .map((address) => {
      const device = facts.pci.find((one) => one.address === address);
      const what = device === undefined ? 'device' : nameOfFunction(device);
      const isMate = device !== undefined && device.iommuGroup !== null && groups.has(device.iommuGroup);
      const chains = facts.needs
        .filter((need) => need.address === address && isNeeded(need, taken))
        .map((need) => need.chain);
      return losing(
        'acceptGroupMates',
        address,
        `Give up ${address}`,
        isMate
          ? `${address} (${what}) is in the IOMMU group of the card. A group goes to the guest as a whole, so the host loses this device too.${chains.length === 0 ? '' : ` The host needs it: ${chains.join('; ')}.`}`
          : `${address} (${what}) can’t be kept apart from the card, so a guest with the card can reach this device too.`,
      );
    });
};

const needsUnsafeInterrupts = ({profile, preview}: FieldContext): boolean =>
  profile.host.allowUnsafeInterrupts ||
  preview.findings.some((finding) => finding.code === 'interrupt-remapping-missing');

/** One field for each thing that needs consent. */
const consentFields = (context: FieldContext): readonly TextField[] => [
  ...(needsUnsafeInterrupts(context) ? [unsafeInterrupts] : []),
  ...groupMates(context),
  ...losses(context),
];

/** The same fields by what was typed, for writing a profile. */
export const consentFieldsOf = (edits: Readonly<Record<string, unknown>>): readonly Field[] =>
  Object.keys(edits).flatMap((id): readonly Field[] => {
    if (id === unsafeInterrupts.id) return [unsafeInterrupts];
    const match = /^host\.(acceptGroupMates|acceptLossOf):(.+)$/.exec(id);
    const address = match?.[2] ?? '';
    return match?.[1] !== undefined && isPciAddress(address) ? [losing(match[1] as ListKey, address, '', '')] : [];
  });
