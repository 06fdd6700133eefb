import {analyseGroup} from '../../groups/analyse-group.ts';
import {describeGroups} from '../../groups/describe-groups.ts';
import type {HostFacts} from '../../host/facts.ts';
import {isNeeded} from '../../host/is-needed.ts';
import {blank, line, segment, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import {judgeCandidate} from '../wizard/candidates.ts';
import type {Candidate, Verdict} from '../wizard/candidates.ts';
import type {WizardContext} from '../wizard/context.ts';
import {chosenAddresses, focusedCandidate} from '../wizard/device-step.ts';
import type {WizardState} from '../wizard/state.ts';
import {nameOf} from './describe-card.ts';
import {findingLines} from './finding-lines.ts';

/** Told where the choice is made, so that nobody learns it afterwards. */
export const meaningOfAssigning = (columns: number): readonly Line[] =>
  wrapText('It will belong to the guest alone: neither the host nor other guests can use it. All guest memory stays pinned in RAM. The picture leaves through the card’s own connector (monitor or dummy plug), not in a window on the host.', columns, 'plain');

/** The tree of one group; the lister gets nothing else to list. */
const groupLines = (facts: HostFacts, id: number, columns: number): readonly Line[] => {
  const groups = facts.iommu.groups.filter((group) => group.id === id);
  const pci = facts.pci.filter((device) => groups.some((group) => group.devices.includes(device.address)));
  const bridges = analyseGroup(facts, id)?.bridges.length ?? 0;
  const rows = describeGroups({...facts, pci, iommu: {...facts.iommu, groups}}).filter((row) => row !== '');
  const tree = rows.flatMap((row, index) => wrapText(row, columns, index === 0 ? 'title' : 'plain', /^ */.exec(row)?.[0].length ?? 0));
  return bridges === 0 ? tree : [...tree, line('  Bridges stay with the host and do no harm.', 'muted')];
};

const verdictLine = (verdict: Verdict): Line => {
  if (verdict.isUsable) return line('✓ Can be given to a guest as it is.', 'good');
  if (verdict.isConditional) return line('! Can be given to a guest if you give something up (next step).', 'warning');
  return line('✗ Can’t be given to a guest as things are:', 'error');
};

/** Needs that no finding names: those that were given up, or that stand in nobody's way. */
const displayLines = (facts: HostFacts, candidate: Candidate, {findings}: Verdict): readonly Line[] => {
  const own = candidate.functions.map((device) => device.address);
  const needs = facts.needs.filter((need) => own.includes(need.address) && isNeeded(need, own) && !findings.some(({message}) => message.includes(need.chain)));
  const isBootVga = candidate.functions.some((device) => device.bootVga);
  return [
    ...(isBootVga ? [line('The firmware shows the boot on it (boot VGA).', 'warning')] : []),
    ...needs.map((need) => line(`Needed by the host: ${need.chain}`, 'warning')),
  ];
};

/** The tree of a group tells its functions itself. */
const functionLines = (candidate: Candidate): readonly Line[] =>
  candidate.functions.filter((device) => device.iommuGroup === null).map((device) => [
    segment(device.address, 'device'),
    segment(`  ${nameOf(device)}  [${device.vendor}:${device.device}]  ${device.driver ?? 'no driver'}`),
  ]);

export const deviceLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const focused = focusedCandidate(context, state);
  const {facts} = context.services;
  if (focused === null) return [line(state.devices.filter === '' ? 'No display card. Press o for other PCI functions.' : 'Nothing matches the filter. / and Esc clear it.')];
  const addresses = chosenAddresses(context, state, focused);
  const verdict = judgeCandidate(context.services, addresses);
  const groups = [...new Set(focused.functions.flatMap((device) => device.iommuGroup ?? []))];
  const extras = addresses.filter((address) => !focused.functions.some((device) => device.address === address));
  return [
    verdictLine(verdict),
    ...displayLines(facts, focused, verdict),
    ...(extras.length === 0 ? [] : [line(`Together with ${extras.join(', ')} (added with Space).`)]),
    ...findingLines(verdict.findings, columns),
    blank,
    ...functionLines(focused),
    ...(groups.length === 0 ? [line('No IOMMU group is known for it.', 'warning')] : groups.flatMap((id) => groupLines(facts, id, columns))),
  ];
};
