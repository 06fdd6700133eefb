import type {HostFacts} from '../../../facts/host-facts.ts';
import type {Finding} from '../../../findings/finding.ts';
import type {ConfigLine} from '../../../formats/qemu-server/config.ts';
import {parseHostPci} from '../../../formats/qemu-server/hostpci.ts';
import type {ProxmoxPlan} from '../proxmox-facts.ts';
import {cardsOf, type Given, isSlice, linesAbout, sliceLines} from './host-pci.ts';
import {mappingCommand, mappingOf, problemOfMapping} from './mappings.ts';

/** What of the guest's own lines, and of the cluster's mappings, would keep it from having the cards of this plan. */
export const judgeCards = (facts: HostFacts, plan: ProxmoxPlan, present: readonly ConfigLine[]): readonly Finding[] =>
  cardsOf(plan).flatMap((own) => {
    const lines = linesAbout(facts, present, own);
    const slices = isSlice(own) ? [] : sliceLines(facts, present, own);
    return [
      ...slices.map((line) => refuseSlice(plan, line)),
      ...lines.flatMap((line) => judgeKept(plan, line, own)),
      ...judgeMapping(facts, plan, own, lines),
    ];
  });

/** The line would have Proxmox make a slice of a card that no driver of the host has. */
const refuseSlice = ({guest}: ProxmoxPlan, {key, value}: ConfigLine): Finding => ({
  code: 'guest-option-unsupported',
  severity: 'blocker',
  subject: guest.path,
  message: `${key} gives guest ${guest.vmid} a mediated device (mdev=${parseHostPci(value)?.mdev ?? ''}) of this card, and the plan gives it the whole card.`,
  remedy: `If you want the whole card: qm set ${guest.vmid} --delete ${key}, and plan again.`,
});

/** `driver=keep`: Proxmox binds nothing and resets nothing, so that a driver of vfio has to be there before. */
const judgeKept = ({guest}: ProxmoxPlan, {key, value}: ConfigLine, own: readonly Given[]): readonly Finding[] =>
  parseHostPci(value)?.keepsDriver === true && own.some(({isBoundEarly}) => !isBoundEarly)
    ? [
        {
          code: 'guest-option-unsupported',
          severity: 'warning',
          subject: guest.path,
          message: `${key} of guest ${guest.vmid} has driver=keep: Proxmox VE leaves the card with the driver that it has, and this plan binds it to none before the guest starts.`,
          remedy: 'Set binding: auto, or take driver=keep out of the line with qm set.',
        },
      ]
    : [];

const judgeMapping = (
  facts: HostFacts,
  {guest}: ProxmoxPlan,
  own: readonly Given[],
  lines: readonly ConfigLine[],
): readonly Finding[] => {
  const kept = lines.map(({value}) => parseHostPci(value)?.mapping ?? null).find((name) => name !== null) ?? null;
  const found = kept === null ? null : {name: kept, problem: problemOfMapping(facts, kept, own)};
  const mapping = found ?? (guest.usesMapping && !isSlice(own) ? mappingOf(facts, own) : {name: '', problem: null});
  const card = own[0]?.card ?? '';
  if (mapping === null)
    return [
      {
        code: 'proxmox-mapping-missing',
        severity: 'blocker',
        subject: 'guest.mapping',
        message: `No mapping of the cluster leads to ${card} on this node.`,
        remedy: `Make one: ${mappingCommand(facts, card)}; or set guest.mapping: false.`,
      },
    ];
  if (mapping.problem === null) return [];
  return [
    {
      code: 'proxmox-mapping-wrong',
      severity: 'blocker',
      subject: card,
      message: `The mapping ${mapping.name} leads to ${card}, but ${mapping.problem}.`,
      remedy: `Correct it in the web interface under Datacenter, Resource Mappings${kept === null ? ', or set guest.mapping: false' : `, or let the guest have the card by its address: qm set ${guest.vmid} --delete ${lines[0]?.key ?? 'hostpciN'}`}.`,
    },
  ];
};
