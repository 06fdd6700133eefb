import type {HostFacts, PciFunction} from '../host/facts.ts';
import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {idOf} from './describe-function.ts';

/** The default AppArmor profile of libvirt lets QEMU read ROM files below these (abstractions/libvirt-qemu). */
const readableRoms = ['/usr/share/vgabios/', '/usr/share/qemu/', '/usr/share/kvm/'];

export const judgeRom = (context: PlanContext, {function: device, rom, path}: ChosenDevice): void => {
  if (rom === null) return;
  const trouble = describeTrouble(context, device, rom);
  if (trouble === null) return;
  context.report('warning', 'guest-rom-invalid', {subject: device.address, path: path.replace(/\.address$/, '.rom'), ...trouble});
};

const describeTrouble = (context: PlanContext, device: PciFunction, rom: string): {readonly message: string; readonly remedy: string} | null => {
  const {facts, profile} = context;
  if (!readableRoms.some((directory) => rom.startsWith(directory))) {
    return {message: `QEMU may not be allowed to read ${rom}: AppArmor lets it read ROM files only below ${readableRoms.join(', ')}.`, remedy: 'Put the file below /usr/share/vgabios.'};
  }
  const remedy = 'Dump it again while the card shows nothing, or leave devices[].rom out: most cards need none.';
  const file = facts.roms?.[rom];
  if (file === undefined) return isMissing(facts) ? {message: `There is no option ROM at ${rom}, so the guest would not start or show nothing.`, remedy: 'Put the ROM there, or leave devices[].rom out.'} : null;
  if (file.problem !== null) return {message: `${rom} is no option ROM: ${file.problem}.`, remedy};
  if (!file.images.some(({id}) => id === idOf(device))) return {message: `${rom} is for ${[...new Set(file.images.map(({id}) => id))].join(', ')} and not for ${idOf(device)}.`, remedy};
  const isUefi = profile.guest.firmware !== 'bios';
  if (isUefi && !file.images.some(({kind}) => kind === 'efi')) return {message: `${rom} has no UEFI image, and the guest starts with UEFI: it would show nothing before its driver is loaded.`, remedy: 'Use a ROM with an EFI image, leave devices[].rom out, or set guest.firmware: bios.'};
  return null;
};

/** A captured tree holds no ROMs. */
const isMissing = (facts: HostFacts): boolean => facts.isLive;
