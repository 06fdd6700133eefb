import {isPciAddress, type PciAddress} from '../../facts/pci-address.ts';
import type {PciBar} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';

type Framebuffer = {readonly name: string; readonly address: PciAddress};

/**
 * Boot framebuffers that lie in the memory of a PCI function. The platform device that draws there has no link to the
 * card before kernel 6.9, so the nesting of /proc/iomem tells; everybody sees it, and only root the addresses.
 */
export const readFirmwareFramebuffers = (source: Source): readonly Framebuffer[] => {
  const found = new Map<string, Framebuffer>();
  const above: {readonly depth: number; readonly address: PciAddress}[] = [];
  for (const line of (source.text('/proc/iomem') ?? '').split('\n')) {
    const [, indent = '', name = ''] = /^( *)[0-9a-f]+-[0-9a-f]+ : (.+)$/.exec(line) ?? [];
    while ((above.at(-1)?.depth ?? -1) >= indent.length) above.pop();
    const owner = above.at(-1)?.address;
    if (isPciAddress(name)) above.push({depth: indent.length, address: name});
    else if (owner !== undefined && bootFramebuffer.test(name)) found.set(owner, {name, address: owner});
  }
  return [...found.values()];
};

/** A range that a driver of the boot framebuffer holds, as /proc/iomem shows it. */
type Region = {readonly start: bigint; readonly end: bigint; readonly name: string};

/** kernel: drivers/firmware/sysfb*.c (`BOOTFB`, `simple-framebuffer.0`), drivers/video/fbdev, drivers/gpu/drm/sysfb. */
const bootFramebuffer =
  /^(?:BOOTFB|efifb|vesafb|simplefb|simpledrm|efidrm|vesadrm|(?:efi|simple|vesa|vga|platform)-framebuffer(?:\.\d+)?)$/;

/** Which boot framebuffers lie in these BARs; `null` where that can't be read (an ordinary user sees zeros only). */
export const readBootFramebuffers = (source: Source): ((bars: readonly PciBar[]) => readonly string[] | null) => {
  const regions = parseIomem(source.text('/proc/iomem') ?? '');
  if (regions === null) return () => null;
  return (bars) => [
    ...new Set(regions.filter((region) => bars.some((bar) => overlaps(region, bar))).map(({name}) => name)),
  ];
};

/** `    e0000000-e02fffff : BOOTFB`; `null` when no line tells an address. */
const parseIomem = (text: string): readonly Region[] | null => {
  const lines = [...text.matchAll(/^ *([0-9a-f]+)-([0-9a-f]+) : (.*)$/gm)].map(([, start, end, name = '']) => ({
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    name,
  }));
  return lines.some(({end}) => end > 0n) ? lines.filter(({name}) => bootFramebuffer.test(name)) : null;
};

const overlaps = ({start, end}: Region, bar: PciBar): boolean => {
  const first = BigInt(bar.start);
  return bar.isMemory && !bar.isUnset && start < first + BigInt(bar.sizeBytes) && end >= first;
};
