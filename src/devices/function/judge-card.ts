import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import {isAmdIntegrated, isBehindVmd} from '../../facts/processor-parts.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction, isNvidia} from '../../plan/device/describe-function.ts';
import {ownSwitch, partsOf} from './companions.ts';
import {listWords} from '../../words/list-words.ts';

type Named = {readonly function: PciFunction; readonly path: string};

/** What kind of thing the function is a part of, and what follows from that. `all`: everything that the guest gets. */
export const judgeCard = (context: PlanContext, chosen: Named, all: readonly PciFunction[]): void => {
  judgeLeftParts(context, chosen, all);
  judgeFabric(context, chosen, all);
  judgeAmdIntegrated(context, chosen);
};

/** Sound that the guest does not get although the picture comes from the same card. */
const judgeLeftParts = (context: PlanContext, {function: device, path}: Named, all: readonly PciFunction[]): void => {
  const left = partsOf(context.facts, device).filter((part) => !all.includes(part));
  if (left.length === 0) return;
  const port = ownSwitch(context.facts, device);
  const isBehind = port !== null && left.some(({upstream}) => upstream.includes(port.address));
  const where = isBehind ? `behind the same switch ${port.address}` : 'in the same slot';
  const addresses = left.map(({address}) => address);
  context.report('note', 'device-part-left', {
    subject: device.address,
    path,
    message: `${listWords(left.map(describeFunction))} ${left.length === 1 ? 'is' : 'are'} on the same card as ${device.address} (${where}) and ${left.length === 1 ? 'stays' : 'stay'} with the host.`,
    remedy: `Add ${listWords(addresses)} to \`devices\` if the guest is to have ${left.every(isSound) ? 'its sound' : 'it'} too.`,
  });
};

const isSound = ({class: pciClass}: PciFunction): boolean => pciClass.startsWith('0403');

/** NVIDIA, Fabric Manager User Guide: GPUs of a board with NVSwitches start CUDA only after the fabric was set up. */
const judgeFabric = (context: PlanContext, {function: device, path}: Named, all: readonly PciFunction[]): void => {
  const isGpu = (one: PciFunction): boolean => isNvidia(one) && one.class.startsWith('0302');
  if (!isGpu(device)) return;
  const switches = context.facts.pci.filter((one) => isNvidia(one) && one.class.startsWith('0680') && !one.isBridge);
  const missing = switches.filter((one) => !all.includes(one));
  if (missing.length === 0 || all.find(isGpu) !== device) return;
  context.report('warning', 'device-fabric-missing', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is on a board with NVSwitches (${missing.map(({address}) => address).join(', ')}): without them and the fabric manager CUDA does not start in the guest.`,
    remedy:
      'Give all GPUs and all NVSwitches of the board to one guest, or run the fabric manager of NVIDIA on the host in its mode for shared switches.',
  });
};

const judgeAmdIntegrated = (context: PlanContext, {function: device, path}: Named): void => {
  if (!isAmdIntegrated(context.facts.pci, device)) return;
  context.report('warning', 'integrated-gpu', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is the graphics of the AMD processor: it uses the host’s memory, shows nothing without a ROM, and its reset is fragile.`,
    remedy:
      'Prefer a discrete card. Otherwise take the video BIOS out of the firmware of this board for devices[].rom of the GPU, and its UEFI driver (GOP) for that of its sound function.',
  });
};

/** What nothing can give to a guest; `false`: it was reported, and the rest is not worth judging. */
export const judgeSegment = (context: PlanContext, {function: device, path}: Named): boolean => {
  if (!isBehindVmd(device.address)) return true;
  const controller = device.upstream.find((address) => !isBehindVmd(address));
  context.report('blocker', 'device-behind-vmd', {
    subject: device.address,
    path,
    message: `${describeFunction(device)} is behind Intel VMD${controller === undefined ? '' : ` (${controller})`}: it has no IOMMU context of its own, and libvirt and QEMU take no PCI domain above ffff.`,
    remedy: `Turn VMD off in the firmware set-up, or give the whole controller${controller === undefined ? '' : ` ${controller}`}: the disks behind it then go with it.`,
  });
  return false;
};

/** AMD’s UEFI driver for its integrated graphics carries the device id ffff, and goes on the sound function. */
export const isRomFor = (device: PciFunction, image: {readonly id: string; readonly kind: string}): boolean =>
  image.id === `${device.vendor}:${device.device}` ||
  (device.vendor === '1002' && !isDisplay(device) && image.id === '1002:ffff' && image.kind === 'efi');
