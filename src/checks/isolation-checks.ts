import type {HostFacts} from '../facts/host-facts.ts';
import {slotOf} from '../facts/pci-address.ts';
import {isGraphicsCard} from '../facts/pci.ts';
import {analyseGroups, explainSharing, type GroupAnalysis, isViableFor} from '../groups/analyse-group.ts';
import {about, type Check} from '../findings/check.ts';

const {ok, info, warning} = about('group-isolation', 'Isolation (ACS)');

/** One check for each group with a display device: can the card go alone, and if not, because of which bridge? */
export const checkIsolation = (facts: HostFacts): readonly Check[] => {
  if (!facts.iommu.active) return [info('Not known before the IOMMU is active.')];
  const groups = [...analyseGroups(facts)].filter((group) => group.members.some(isGraphicsCard));
  return groups.length === 0 ? [info('No group holds a display device.')] : groups.map(checkGroup);
};

const checkGroup = (group: GroupAnalysis): Check => {
  const display = group.members.find(isGraphicsCard);
  const own = group.endpoints
    .filter((one) => display !== undefined && slotOf(one.address) === slotOf(display.address))
    .map((one) => one.address);
  const name = `Group ${group.id} with ${display?.name ?? display?.address ?? 'a display device'}`;
  if (isViableFor(group, own))
    return ok(
      `${name}: its own functions${group.bridges.length === 0 ? '' : ' and bridges'} only, so the card can go to a guest alone.`,
    );
  const others = group.endpoints
    .filter((one) => !own.includes(one.address))
    .map((one) => `${one.address}${one.driver === null ? '' : ` (${one.driver})`}`);
  const reasons = explainSharing(group);
  return warning(
    `${name} also holds ${others.join(', ')}: all of it goes to one guest, or none.${reasons.length === 0 ? '' : ` ${reasons.join('; ')}.`}`,
    "Try another slot, ideally one wired to the CPU; look for 'ACS' in the firmware set-up (AMD CBS → NBIO). The ACS override patch only pretends that the isolation is there.",
  );
};
