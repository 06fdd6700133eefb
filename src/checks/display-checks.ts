import {isPciType, type MediatedParent, nameOfType} from '../facts/mediated.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {isGraphicsCard, isIntelIntegrated, type PciFunction, type SriovFacts} from '../facts/pci.ts';
import {isAmdIntegrated} from '../facts/processor-parts.ts';
import {about, type Check} from '../findings/check.ts';
import {describeShare} from '../plan/device/describe-share.ts';

const displaysOf = (facts: HostFacts): readonly PciFunction[] => facts.pci.filter(isGraphicsCard);
const label = (device: PciFunction): string =>
  device.name === null ? device.address : `${device.address} ${device.name}`;

export const checkDisplays = (facts: HostFacts): Check => {
  const {ok, info, warning, error} = about('display-devices', 'Graphics cards');
  const displays = displaysOf(facts);
  if (displays.length === 0)
    return facts.pci.length === 0
      ? info('No PCI devices are known here.')
      : error(
          'There is no display device on PCI.',
          facts.kernel.hypervisor === null || facts.kernel.hypervisor === 'xen'
            ? 'Plug a graphics card in.'
            : 'This is a virtual machine: its host gives it devices.',
        );
  if (displays.length === 1) {
    return warning(
      `${displays.map(label).join()} is the only one: given to a guest at boot, the host has no screen.`,
      'Add a second card, or turn the integrated one on in the firmware (often "iGPU Multi-Monitor"); over the network alone a host can do without. Or hand it over while the guest runs (binding: handover), which ends the graphical session each time.',
    );
  }
  return ok(`${displays.length}: ${displays.map(label).join('; ')}.`);
};

export const checkPrimaryDisplay = (facts: HostFacts): Check => {
  const {info, warning} = about('primary-display', 'Primary display');
  const boot = displaysOf(facts).filter((device) => device.bootVga);
  const shown = facts.needs.filter((need) => need.kind === 'display' || need.kind === 'console');
  if (boot.length === 0 && shown.length === 0) return info('Cannot tell which card the screen is connected to.');
  const text = [
    boot.length > 0 ? `${boot.map(label).join()} shows the firmware and the boot (boot_vga)` : null,
    ...shown.filter((need) => need.kind === 'display').map((need) => `${need.address}: ${need.chain}`),
  ]
    .filter((part) => part !== null)
    .join('; ');
  const fast =
    displaysOf(facts).length > 1
      ? boot.find((device) => device.vendor === '10de' || (device.vendor === '1002' && device.upstream.length > 0))
      : undefined;
  if (fast === undefined) return info(`${text}.`);
  return warning(
    `${text}. A card that the firmware has drawn on keeps a boot framebuffer and may need a ROM file in the guest.`,
    "If this is the card for the guest, set 'Primary Display' / 'Initial Display Output' in the firmware to the other one.",
  );
};

export const checkIntegrated = (facts: HostFacts): Check => {
  const {ok, info} = about('integrated-graphics', 'Integrated graphics');
  const intel = displaysOf(facts).find(isIntelIntegrated);
  const apu = displaysOf(facts).find((device) => isAmdIntegrated(facts.pci, device));
  if (intel !== undefined)
    return info(
      `${label(intel)} is a good host display. As a guest device it is difficult: it shares the chipset's registers, has no reset of its own before recent kernels and needs a special option ROM under UEFI.`,
    );
  if (apu !== undefined)
    return info(
      `${label(apu)} is the graphics of the AMD processor: fine for the host, difficult for a guest. It uses the host’s memory, needs a ROM from the board’s firmware, and its reset is fragile.`,
    );
  return ok('None is in the way.');
};

export const checkReset = (facts: HostFacts): Check => {
  const {ok, info, warning} = about('gpu-reset', 'GPU reset');
  const cards = displaysOf(facts).filter((device) => device.upstream.length > 0);
  if (cards.every((device) => device.resetMethods === null))
    return info('The kernel does not tell reset methods here (reset_method came with 5.15).');
  const none = cards.filter((device) => device.resetMethods !== null && device.resetMethods.length === 0);
  const told = cards
    .filter((device) => (device.resetMethods?.length ?? 0) > 0)
    .map((device) => `${device.address}: ${device.resetMethods?.join(', ')}`);
  const isAlone = (device: PciFunction): boolean =>
    facts.pci.filter((other) => other.address.startsWith(device.address.slice(0, -1))).length === 1;
  const stuck = none.filter(isAlone);
  if (stuck.length > 0)
    return warning(
      `${stuck.map(label).join(', ')} can not be reset: after the guest stops, the card may stay unusable until the host reboots.`,
      'Expect one guest start per boot of the host, or use another card.',
    );
  return ok(
    [...told, ...none.map((device) => `${device.address}: with its whole card, through the bus`)].join('; ') + '.',
  );
};

const fourGiB = 4n << 30n;

export const checkBars = (facts: HostFacts): Check => {
  const {ok, info, warning} = about('above-4g', 'Above 4G decoding and resizable BAR');
  const cards = displaysOf(facts).filter((device) => device.bars.length > 0);
  if (cards.length === 0) return info('The BARs of the graphics cards are unknown here.');
  const unset = cards.filter((device) => device.bars.some((bar) => bar.isUnset));
  if (unset.length > 0)
    return warning(
      `The kernel found no place for a BAR of ${unset.map(label).join(', ')}.`,
      "Turn on 'Above 4G Decoding' in the firmware set-up (PCI subsystem settings).",
    );
  const high = cards.filter((device) => device.bars.some((bar) => bar.isMemory && BigInt(bar.start) >= fourGiB));
  const resizable = cards
    .filter((device) => device.resizableBars.length > 0)
    .map(
      (device) =>
        `${device.address} can take ${device.resizableBars.map((bar) => `BAR${bar.bar} of ${bar.sizesMiB.join('/')} MiB`).join(', ')} (resize on the host before the guest starts: a guest cannot)`,
    );
  const largest = cards.map(
    (device) => `${device.address}: ${Math.max(...device.bars.map((bar) => bar.sizeBytes)) / 2 ** 20} MiB`,
  );
  return ok(
    `Largest BARs: ${largest.join(', ')}; ${high.length > 0 ? 'Above 4G is in use' : 'all below 4 GiB'}${resizable.length === 0 ? '' : `; ${resizable.join('; ')}`}.`,
  );
};

export const checkSharing = (facts: HostFacts): Check => {
  const {info} = about('sharing', 'SR-IOV and mediated devices');
  const parts = [
    ...facts.pci.flatMap((one) => (one.sriov === null ? [] : [describeSriov(facts, one, one.sriov)])),
    ...facts.mediated.parents.map(describeParent),
  ];
  if (parts.length === 0) return info('No device offers virtual functions or mediated devices: one device, one guest.');
  return info(`${parts.join('; ')}.`);
};

const describeSriov = ({pci}: HostFacts, {address, driver}: PciFunction, sriov: SriovFacts): string => {
  const {total, enabled} = sriov;
  const text = `${address} can make ${total} virtual functions for guests (SR-IOV), and has ${enabled ?? 'an unknown number of'} now${describeShares(driver, sriov)}`;
  const vgpus = pci.flatMap(({physicalFunction, vgpu}) => (physicalFunction === address && vgpu ? [vgpu] : []));
  if (vgpus.length === 0) return text;
  const types = [...new Set(vgpus.flatMap(({creatable}) => creatable.map(({name}) => name)))];
  const used = vgpus.filter(({current}) => current !== 0).length;
  return `${text}; ${used} are vGPUs, and another one can be ${types.length === 0 ? 'of no type' : shorten(types)}`;
};

/** Of those that are there; many have equal ones. */
const describeShares = (driver: PciFunction['driver'], {shares, functions}: SriovFacts): string => {
  if (shares === null) return '';
  const made = shares.virtual.slice(0, functions.length).map(describeShare);
  const host = describeShare(shares.physical);
  const parts = [
    ...(host === null ? [] : [`the host: ${host}`]),
    ...[...new Set(made)].flatMap((text) => {
      const numbers = made.flatMap((one, index) => (one === text ? [index] : []));
      return text === null ? [] : [`virtual function${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}: ${text}`];
    }),
  ];
  return parts.length === 0 ? '' : `; ${driver ?? 'its driver'} gives ${parts.join('; ')}`;
};

const mostTypes = 8;

/** `0000:00:02.0 offers slices (mediated devices): i915-GVTg_V5_4 (512 MiB, 1 left)` */
const describeParent = ({name, types}: MediatedParent): string => {
  const all = types.map((type) => {
    const more = [
      ...(nameOfType(type) === type.id ? [] : [nameOfType(type)]),
      ...(type.vramMiB === null ? [] : [`${type.vramMiB} MiB`]),
      ...(type.available === null ? [] : [`${type.available} left`]),
      ...(isPciType(type) ? [] : [`${type.api ?? 'unknown interface'}: not for a guest of this program`]),
    ].join(', ');
    return more === '' ? type.id : `${type.id} (${more})`;
  });
  return all.length === 0
    ? `${name} offers no type of mediated device now`
    : `${name} offers slices (mediated devices): ${shorten(all)}`;
};

const shorten = (types: readonly string[]): string =>
  `${types.slice(0, mostTypes).join(', ')}${types.length > mostTypes ? ` and ${types.length - mostTypes} more types` : ''}`;
