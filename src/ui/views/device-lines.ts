import type {ProfileDevice} from '../../profile/profile.ts';
import {identityOf} from '../../devices/device-kinds.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {isNeeded} from '../../facts/needs.ts';
import {hasOutputs} from '../../facts/pci.ts';
import {analyseGroup} from '../../groups/analyse-group.ts';
import {describeGroups} from '../../groups/describe-groups.ts';
import {blank, line, type Line, segment, wrapText} from '../../words/lines.ts';
import {type Candidate, type Likeness, likenessOf, missingDevices, type Verdict} from '../wizard/candidates.ts';
import {nameOfFunction} from '../wizard/name-of-function.ts';
import type {WizardContext} from '../wizard/context.ts';
import {focusedCandidate, identitiesOf, takenByEnter} from '../wizard/device-step.ts';
import type {WizardState} from '../wizard/state.ts';
import {findingLines} from './parts.ts';
import {sayingOf} from './say.ts';

/** Said where the choice is made, so that nobody learns it afterwards. */
export const meaningOfAssigning = (candidate: Candidate, columns: number): readonly Line[] => {
  const {part, isDisplay, functions} = candidate;
  if (part !== null) return wrapText(part.meaning, columns);
  const picture = !isDisplay
    ? ''
    : functions.some(hasOutputs)
      ? ' The picture comes out of the card’s own connector (monitor or dummy plug), not in a window on the host.'
      : ' This card has no outputs: you see the guest over the network, or on its emulated screen.';
  return wrapText(
    `The ${nounOf(candidate)} is for this guest alone: neither the host nor other guests can use it. All guest memory stays pinned in RAM.${picture}`,
    columns,
  );
};

const nounOf = ({part, isDisplay}: Candidate): string => part?.noun ?? (isDisplay ? 'card' : 'device');

/** The tree of one group; the lister gets nothing else to list. */
const groupLines = (facts: HostFacts, id: number, columns: number): readonly Line[] => {
  const groups = facts.iommu.groups.filter((group) => group.id === id);
  const pci = facts.pci.filter((device) => groups.some((group) => group.devices.includes(device.address)));
  const bridges = analyseGroup(facts, id)?.bridges.length ?? 0;
  const rows = describeGroups({...facts, pci, iommu: {...facts.iommu, groups}}).filter((row) => row !== '');
  const tree = rows.flatMap((row, index) =>
    wrapText(row, columns, index === 0 ? 'title' : 'plain', /^ */.exec(row)?.[0].length ?? 0),
  );
  return bridges === 0 ? tree : [...tree, line('  The bridges stay with the host.', 'muted')];
};

const verdictLine = (verdict: Verdict, candidate: Candidate): Line => {
  const what = `this ${nounOf(candidate)}`;
  if (verdict.isUsable) return line(`✓ A guest can have ${what}.`, 'good');
  if (verdict.isConditional) return line(`! A guest can have ${what} if you accept the risks (next step).`, 'warning');
  return line(`✗ A guest can’t have ${what} now:`, 'error');
};

/** Needs that no finding names: those that were accepted, or that block nothing. */
const displayLines = (facts: HostFacts, candidate: Candidate, {findings}: Verdict): readonly Line[] => {
  const own = candidate.functions.map((device) => device.address);
  const needs = facts.needs.filter(
    (need) =>
      own.includes(need.address) && isNeeded(need, own) && !findings.some(({message}) => message.includes(need.chain)),
  );
  const isBootVga = candidate.functions.some((device) => device.bootVga);
  return [
    ...(isBootVga ? [line('The firmware shows the boot on this card (boot VGA).', 'warning')] : []),
    ...needs.map((need) => line(`Needed by the host: ${need.chain}`, 'warning')),
  ];
};

/** The tree of a group lists its functions already. */
const functionLines = (candidate: Candidate): readonly Line[] =>
  candidate.functions
    .filter((device) => device.iommuGroup === null)
    .map((device) => [
      segment(device.address, 'device'),
      segment(`  ${nameOfFunction(device)}  [${device.vendor}:${device.device}]  ${device.driver ?? 'no driver'}`),
    ]);

/** `vGPU` stays as its maker writes it. */
const capitalise = (text: string): string =>
  /^[a-z][A-Z]/.test(text) ? text : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** What a part of a card means for the card. */
const partLines = ({part}: Candidate, columns: number): readonly Line[] =>
  part === null
    ? []
    : [
        ...wrapText(
          `${capitalise(part.name)} from ${part.of === null ? part.parent : `${part.of.address} ${nameOfFunction(part.of)}`}. ${part.of === null ? 'The device' : 'The card'} and its driver (${part.driver ?? 'none'}) stay with the host. ${part.remark}.`,
          columns,
          'plain',
        ),
        ...roomLines(part.room),
      ];

const barColumns = 20;

/** What slices have of the card's video memory, and what is left for more of this one. */
const roomLines = (room: NonNullable<Candidate['part']>['room']): readonly Line[] => {
  if (room === null) return [];
  const total = room.usedMiB + room.freeMiB;
  const used = Math.round((room.usedMiB / Math.max(1, total)) * barColumns);
  return [
    [
      segment('Video memory ', 'muted'),
      segment('█'.repeat(used), 'memory'),
      segment('░'.repeat(barColumns - used), 'muted'),
      segment(` ${room.usedMiB} MiB in slices, ${room.freeMiB} MiB left`),
    ],
  ];
};

const whyNothing = ({cards, others}: WizardContext, {devices}: WizardState): string => {
  if (devices.filter !== '') return 'Nothing matches the filter. Press / and Esc to clear it.';
  if (cards.length + others.length === 0) return 'This machine has no PCI device to give to a guest. q leaves.';
  return 'This machine has no graphics card to give. Press o for other PCI devices, or q to leave.';
};

const likenesses: Readonly<Record<Likeness, string>> = {
  id: 'This one has the same id.',
  slot: 'This one is in the same slot.',
  class: 'This one is a graphics card too.',
};

const missingLines = (
  {services}: WizardContext,
  {draft}: WizardState,
  focused: Candidate,
  columns: number,
): readonly Line[] => {
  const missing = missingDevices(services.facts, draft.base.devices);
  if (draft.path === null || missing.length === 0) return [];
  const likeness = likenessOf(focused, missing);
  return wrapText(
    `! The profile’s device ${missing.map(describeMissing).join(', ')} is not in this machine. Choose a card here; your other settings stay.${likeness === null ? '' : ` ${likenesses[likeness]}`}`,
    columns,
    'warning',
    2,
  );
};

export const deviceLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const focused = focusedCandidate(context, state);
  const {facts} = context.services;
  if (focused === null) return wrapText(whyNothing(context, state), columns);
  const taken = takenByEnter(context, state, focused);
  const verdict = context.verdictOf(identitiesOf(taken));
  const present = focused.part?.present ?? null;
  const grouped = [...focused.functions, ...(present === null ? [] : [present])];
  const groups = [...new Set(grouped.flatMap((device) => device.iommuGroup ?? []))];
  const along = taken.flatMap((one) => (one === focused ? [] : [one.address]));
  return [
    ...missingLines(context, state, focused, columns),
    verdictLine(verdict, focused),
    ...displayLines(facts, focused, verdict),
    ...(along.length === 0 ? [] : wrapText(`Together with ${along.join(', ')}.`, columns)),
    ...findingLines(verdict.findings, columns, sayingOf(context, state)),
    blank,
    ...functionLines(focused),
    ...partLines(focused, columns),
    ...(groups.length === 0
      ? focused.part?.group === 'own'
        ? []
        : focused.part === null || present !== null
          ? [line('Its IOMMU group is unknown.', 'warning')]
          : [line('Its IOMMU group is known after the reboot that makes it.', 'muted')]
      : groups.flatMap((id) => groupLines(facts, id, columns))),
  ];
};

const describeMissing = (device: ProfileDevice): string =>
  typeof device['id'] === 'string' ? `${identityOf(device)} (${device['id']})` : identityOf(device);
