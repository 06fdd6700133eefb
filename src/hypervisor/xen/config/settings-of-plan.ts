import type {PciAddress} from '../../../facts/pci-address.ts';
import {contentDigest} from '../../../formats/content-digest.ts';
import {type XlSetting, xlListOf, xlTextOf, xlValueOf} from '../../../formats/xl-config/parse.ts';
import type {XlWishes} from '../../../formats/xl-config/edit.ts';
import {givesFunction, parseXlPci, type XlPciDevice} from '../../../formats/xl-config/pci.ts';
import {isCard} from '../../../plan/device/card-outputs.ts';
import {poolNameOf} from '../pool/choose-pool.ts';
import type {XenPlan} from '../xen-facts.ts';

type Setting = readonly [name: string, value: string | number | readonly string[] | null];

/** The settings that are this plan's, compared with those that the guest has. */
export const settingsOfPlan = (plan: XenPlan, present: readonly XlSetting[]): XlWishes => {
  const {guest, memory, pinning} = plan;
  const sizeMiB = memory.sizeKiB / 1024;
  const maximum = xlTextOf(present, 'maxvcpus');
  return new Map<string, Setting[1]>([
    // Populate on demand does not go with a device that writes to memory by itself (xl.cfg(5)).
    ['memory', sizeMiB],
    ['maxmem', sizeMiB],
    ['vcpus', guest.vcpus],
    ...(maximum === null || Number(maximum) >= guest.vcpus ? [] : [['maxvcpus', guest.vcpus] as const]),
    ...pins(pinning.vcpus, present),
    ...mmioHole(plan, present),
    ...poolSetting(plan, present),
    ['pci', pciList(plan, present)],
    ...viridian(plan, present),
  ]);
};

/**
 * An element for each vCPU: a single text would let all of them float over the set. Memory comes from the nodes of the
 * CPUs that are in both lists, so that a soft one of the guest has the same CPUs.
 */
const pins = (vcpus: XenPlan['pinning']['vcpus'], present: readonly XlSetting[]): readonly Setting[] => {
  const list = vcpus.map(({cpus}) => cpus.join(','));
  if (list.length === 0) return [];
  return [['cpus', list], ...(xlValueOf(present, 'cpus_soft') === null ? [] : [['cpus_soft', list] as const])];
};

/** One that somebody has chosen stays. */
const mmioHole = ({guest}: XenPlan, present: readonly XlSetting[]): readonly Setting[] =>
  guest.mmioHoleMiB === null || xlValueOf(present, 'mmio_hole') !== null ? [] : [['mmio_hole', guest.mmioHoleMiB]];

/** Of another pool the name stays, unless the profile asks for one of its own. */
const poolSetting = ({guest}: XenPlan, present: readonly XlSetting[]): readonly Setting[] => {
  if (guest.pool !== null) return [['pool', guest.pool.name]];
  return xlTextOf(present, 'pool') === poolNameOf(guest.name) ? [['pool', null]] : [];
};

/** Elements of others stay where they are, and so do options of our own ones; a function is in the list once. */
const pciList = (plan: XenPlan, present: readonly XlSetting[]): readonly string[] => {
  const wanted = plan.devices.flatMap(({assigned}) => (assigned.type === 'pci' ? [assigned.address] : []));
  const given = new Set<PciAddress>();
  const kept = presentElements(present).flatMap((element): readonly string[] => {
    const device = parseXlPci(element);
    const own = device === null ? [] : wanted.filter((address) => givesFunction(device, address));
    if (device === null || own.length === 0) return [element];
    if (own.every((address) => given.has(address))) return [];
    for (const address of own) given.add(address);
    return [withPolicy(plan, element, device, own)];
  });
  const added = wanted.filter((address) => !given.has(address));
  return [...kept, ...added.map((address) => `${address}${isRelaxed(plan, address) ? ',rdm_policy=relaxed' : ''}`)];
};

/** A text in place of the list is what xl warns of and leaves out. */
const presentElements = (present: readonly XlSetting[]): readonly string[] => {
  const value = xlValueOf(present, 'pci');
  return xlListOf(present, 'pci') ?? (typeof value === 'string' ? [value] : []);
};

const isRelaxed = ({guest}: XenPlan, address: PciAddress): boolean => guest.relaxed.includes(address);

const withPolicy = (plan: XenPlan, element: string, {options}: XlPciDevice, own: readonly PciAddress[]): string => {
  if (!own.some((address) => isRelaxed(plan, address)) || /,\s*rdm_policy=relaxed\b/.test(options)) return element;
  return `${element.replace(/,\s*rdm_policy=[^,]*/, '')},rdm_policy=relaxed`;
};

/** What Windows expects of a hypervisor; one that the guest has stays. */
const viridian = ({guest: {os, isNew}}: XenPlan, present: readonly XlSetting[]): readonly Setting[] =>
  os.startsWith('windows') && (isNew || xlValueOf(present, 'viridian') === null)
    ? [['viridian', ['defaults', 'reference_tsc', 'stimer', 'hcall_remote_tlb_flush', 'hcall_ipi']]]
    : [];

/** What a new guest has besides. */
export const settingsOfNewGuest = (plan: XenPlan): XlWishes => {
  const {name, firmware, disk, cdrom, bridge} = plan.guest;
  const format = disk.endsWith('.qcow2') ? 'qcow2' : 'raw';
  const hasCard = plan.devices.some(isCard);
  return new Map<string, Setting[1]>([
    ['name', name],
    ['type', 'hvm'],
    ...(firmware === 'uefi' ? [['firmware', 'ovmf'] as const] : []),
    [
      'disk',
      [
        `format=${format},vdev=xvda,access=rw,target=${disk}`,
        ...(cdrom === null ? [] : [`format=raw,vdev=hdc,access=ro,devtype=cdrom,target=${cdrom}`]),
      ],
    ],
    ...(bridge === null ? [] : [['vif', [`mac=${macOf(name)},bridge=${bridge},type=ioemu,model=e1000`]] as const]),
    // An emulated card would be the primary one, and the picture in its window.
    ...(hasCard ? ([['vga', 'none']] as const) : []),
    ['vnc', hasCard ? 0 : 1],
    ['usb', 1],
    ['usbdevice', ['tablet']],
  ]);
};

/** In Xen’s own range, and the same each time: without one xl makes a new one at each start. */
const macOf = (name: string): string => {
  const digits = (Number.parseInt(contentDigest([name]), 16) & 0x7fffff).toString(16).padStart(6, '0');
  return `00:16:3e:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`;
};
