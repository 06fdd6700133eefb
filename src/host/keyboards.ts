import type {Source} from '../system/source.ts';
import {pciAddressesOf} from './device-path.ts';
import type {HostNeed} from './facts.ts';

/** Controllers that a keyboard hangs on; one at the PS/2 port needs no PCI function. */
export const readKeyboardNeeds = (source: Source): readonly HostNeed[] =>
  (source.text('/proc/bus/input/devices') ?? '').split(/\n\s*\n/).flatMap((block): readonly HostNeed[] => {
    const address = isKeyboard(block) ? controllerOf(block) : undefined;
    if (address === undefined) return [];
    const name = /^N: Name="(.*)"$/m.exec(block)?.[1] ?? 'unnamed';
    return [{address, kind: 'keyboard', chain: `keyboard "${name}" → ${address}`}];
  });

/** Mice and power buttons have a `kbd` handler too; a keyboard has the keys from Escape to S (udev's input_id judges so). */
const isKeyboard = (block: string): boolean => {
  const handlers = /^H: Handlers=(.*)$/m.exec(block)?.[1]?.split(/\s+/) ?? [];
  if (!handlers.includes('kbd')) return false;
  const keys = /^B: KEY=(.*)$/m.exec(block)?.[1]?.trim().split(/\s+/).at(-1);
  if (keys === undefined) return /^B: EV=12001[0-9a-f]$/m.test(block);
  const mask = 0xfffffffen;
  return /^[0-9a-f]{1,16}$/.test(keys) && (BigInt(`0x${keys}`) & mask) === mask;
};

const controllerOf = (block: string): string | undefined => {
  const path = /^S: Sysfs=(.*)$/m.exec(block)?.[1] ?? '';
  return pciAddressesOf(path).at(-1) ?? /^P: Phys=usb-([0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])-/m.exec(block)?.[1];
};
