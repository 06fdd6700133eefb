import type {HostFacts} from '../../facts/host-facts.ts';
import {formatPciAddress, type PciAddress, splitPciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import {type HideElement, parseHideList} from '../../formats/xen-hide.ts';
import {lastingArguments, runningArguments} from '../../plan/arguments/host-command-line.ts';

export const hideKey = 'xen-pciback.hide';

export type PresentHiding = {
  /** In the settings of the boot loader, apart from our own. */
  readonly lasting: readonly PciAddress[];
  /** Of the running kernel. */
  readonly running: readonly PciAddress[];
  /** Pieces that the driver does not understand: with one of them it takes no device at all. */
  readonly bad: readonly string[];
};

/** What is hidden already, and what is to be. `*` stands for the functions that there are. */
export const presentHiding = (facts: HostFacts): PresentHiding => {
  const [lasting, running] = [lastingArguments(facts, hideKey), runningArguments(facts, hideKey)].map((values) =>
    values.map((value) => parseHideList(value.replaceAll('"', ''))),
  );
  const addresses = (lists: typeof lasting): readonly PciAddress[] => [
    ...new Set(lists?.flatMap(({elements}) => elements.flatMap((one) => functionsOf(facts.pci, one)))),
  ];
  return {
    lasting: facts.boot.next === null ? [] : addresses(lasting),
    running: addresses(running),
    bad: [...new Set([...(lasting ?? []), ...(running ?? [])].flatMap(({bad}) => bad ?? []))],
  };
};

/** An address without a device stays one: the driver accepts it, and the device may be switched off just now. */
const functionsOf = (pci: readonly PciFunction[], {segment, bus, slot, number}: HideElement): readonly PciAddress[] => {
  if (slot !== null && number !== null) return [formatPciAddress({segment, bus, slot, number})];
  return pci
    .map(({address}) => address)
    .filter((address) => {
      const one = splitPciAddress(address);
      return one.segment === segment && one.bus === bus && (slot === null || one.slot === slot);
    });
};
