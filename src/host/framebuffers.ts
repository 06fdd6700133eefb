import type {Source} from '../system/source.ts';
import type {PciAddress} from './facts.ts';

type Framebuffer = {readonly name: string; readonly address: PciAddress};

/**
 * Boot framebuffers that lie in the memory of a PCI function. The platform device that draws there has no link to the
 * card before kernel 6.9, so the nesting of /proc/iomem tells; it shows to everybody, the numbers to root only.
 */
export const readFirmwareFramebuffers = (source: Source): readonly Framebuffer[] => {
  const found = new Map<string, Framebuffer>();
  const above: {readonly depth: number; readonly address: PciAddress}[] = [];
  for (const line of (source.text('/proc/iomem') ?? '').split('\n')) {
    const [, indent = '', name = ''] = /^( *)[0-9a-f]+-[0-9a-f]+ : (.+)$/.exec(line) ?? [];
    while ((above.at(-1)?.depth ?? -1) >= indent.length) above.pop();
    const owner = above.at(-1)?.address;
    if (functionAddress.test(name)) above.push({depth: indent.length, address: name});
    else if (owner !== undefined && bootNames.test(name)) found.set(owner, {name, address: owner});
  }
  return [...found.values()];
};

const functionAddress = /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** kernel: drivers/video/fbdev/{efifb,vesafb,simplefb}.c, drivers/firmware/sysfb*.c, drivers/gpu/drm/{tiny,sysfb} */
const bootNames = /^(?:BOOTFB|efifb|vesafb|simplefb|simpledrm|(?:simple|efi|vesa|vga)-framebuffer(?:\.\d+)?|\S*:(?:BOOTFB|simple-framebuffer\.\d+))$/;
