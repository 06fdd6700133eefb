import type {Source} from '../system/source.ts';
import {bootFramebuffer} from './boot-framebuffers.ts';
import type {PciAddress} from './facts.ts';

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
    if (functionAddress.test(name)) above.push({depth: indent.length, address: name});
    else if (owner !== undefined && bootFramebuffer.test(name)) found.set(owner, {name, address: owner});
  }
  return [...found.values()];
};

const functionAddress = /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
