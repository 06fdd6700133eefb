import type {HostNeed} from '../../facts/needs.ts';
import type {PciOutline} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';
import {readFirmwareFramebuffers} from '../pci/framebuffers.ts';
import {pciAddressesOf, realDevicePath} from '../pci/pci-function.ts';

/** Cards that drive a connected screen, and those that the firmware or the console draws on. */
export const readDisplayNeeds = (source: Source, pci: readonly PciOutline[]): readonly HostNeed[] => [
  ...connectedNeeds(source),
  ...pci
    .filter((one) => one.bootVga)
    .map((one): HostNeed => ({
      address: one.address,
      kind: 'console',
      chain: `firmware console (boot VGA) → ${one.address}${boundNote(one)}`,
      spares: [],
    })),
  ...bootDisplayNeeds(source),
  ...consoleNeeds(source),
  ...readFirmwareFramebuffers(source).map(({name, address}): HostNeed => ({
    address,
    kind: 'console',
    chain: `boot framebuffer (${name}) → memory of ${address}`,
    spares: [],
  })),
];

/** The host came up although it cannot draw there. */
const boundNote = (one: PciOutline): string => (one.driver === 'vfio-pci' ? ', which is bound to vfio-pci now' : '');

const connectedNeeds = (source: Source): readonly HostNeed[] => {
  const connectors = new Map<string, string[]>();
  for (const entry of source.list('/sys/class/drm')) {
    const [, card, connector] = /^(card\d+)-(.+)$/.exec(entry) ?? [];
    if (card === undefined || connector === undefined) continue;
    if (source.text(`/sys/class/drm/${entry}/status`)?.trim() !== 'connected') continue;
    connectors.set(card, [...(connectors.get(card) ?? []), connector]);
  }
  return [...connectors].flatMap(([card, names]) =>
    needOf(source, `/sys/class/drm/${card}/device`, 'display', `a screen on ${names.join(', ')} → ${card}`),
  );
};

/** ABI testing/sysfs-class-drm: the card that showed the boot screen, also where it is no VGA device. */
const bootDisplayNeeds = (source: Source): readonly HostNeed[] =>
  source
    .list('/sys/class/drm')
    .filter((entry) => /^card\d+$/.test(entry))
    .filter((card) =>
      [`/sys/class/drm/${card}/boot_display`, `/sys/class/drm/${card}/device/boot_display`].some(
        (path) => source.text(path)?.trim() === '1',
      ),
    )
    .flatMap((card) =>
      needOf(source, `/sys/class/drm/${card}/device`, 'console', `boot screen (boot display) → ${card}`),
    );

/** Framebuffers that the text consoles are on: the first, or those that `fbcon=map:` names (kernel: Documentation/fb/fbcon.rst). */
const consoleNeeds = (source: Source): readonly HostNeed[] => {
  const map = /(?:^|\s)fbcon=(?:\S*,)?map:(\d+)/.exec(source.text('/proc/cmdline') ?? '')?.[1] ?? '0';
  const used = new Set([...map].map((digit) => `fb${digit}`));
  const found = source.list('/sys/class/graphics').filter((name) => used.has(name));
  return found.flatMap((name) =>
    needOf(source, `/sys/class/graphics/${name}/device`, 'console', `text console → ${name}`),
  );
};

const needOf = (source: Source, device: string, kind: HostNeed['kind'], words: string): readonly HostNeed[] => {
  const address = pciAddressesOf(realDevicePath(source, device) ?? '').at(-1);
  return address === undefined ? [] : [{address, kind, chain: `${words} → ${address}`, spares: []}];
};
