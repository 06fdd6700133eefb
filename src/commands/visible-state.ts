import type {HostFacts} from '../facts/host-facts.ts';
import {isDisplay} from '../facts/pci.ts';
import {printable} from '../words/printable.ts';

/** What anybody can see of a set-up without its journal: drivers, reserved pages, kernel arguments. No promise is judged. */
export const describeVisible = ({pci, nodes, boot}: HostFacts): string => {
  const cards = pci
    .filter(isDisplay)
    .map(({address, vendor, device, driver}) => `${address} (${vendor}:${device}) with ${driver ?? 'no driver'}`);
  const pages = nodes.flatMap(({id, hugepages}) =>
    hugepages
      .filter(({total}) => (total ?? 0) > 0)
      .map(({sizeKiB, total, free}) => `node ${id}: ${total} of ${sizeKiB / 1024} MiB, ${free ?? 'unknown'} free`),
  );
  return [
    'Without root no promise can be checked. This boot has:',
    `  graphics cards  ${cards.join('; ') || 'none'}`,
    `  huge pages      ${pages.join('; ') || 'none reserved'}`,
    `  command line    ${boot.commandLine ?? 'unknown'}`,
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
};
