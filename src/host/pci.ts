import {readBootFramebuffers} from './boot-framebuffers.ts';
import type {Source} from '../system/source.ts';
import type {PciAddress, PciFunction} from './facts.ts';
import {comparePciAddresses, parsePciAddress} from './pci-address.ts';
import {type BarePciFunction, readPciFunction} from './pci-function.ts';
import {readModuleMatches} from './pci-modules.ts';
import {readPciNames} from './pci-names.ts';
import type {Note} from './reader.ts';

/** Every PCI function that sysfs lists, in numeric order of addresses. */
export const readPci = (source: Source, note: Note): readonly PciFunction[] => {
  const functions: BarePciFunction[] = [];
  const unreadable: PciAddress[] = [];
  for (const name of source.list('/sys/bus/pci/devices')) {
    const address = parsePciAddress(name);
    if (address === null) continue;
    const found = readPciFunction(source, name, address);
    if (found === null) unreadable.push(address);
    else functions.push(found);
  }
  functions.sort((left, right) => comparePciAddresses(left.address, right.address));
  noteUnreadable(unreadable, note);
  noteHiddenConfig(source, functions, note);

  const nameOf = readPciNames(source, functions);
  const matchOf = readModuleMatches(source, functions);
  const framebuffersIn = readBootFramebuffers(source);
  return functions.map((one) => ({...one, name: nameOf(one), ...matchOf(one), bootFramebuffers: framebuffersIn(one.bars)}));
};

const noteUnreadable = (addresses: readonly PciAddress[], note: Note): void => {
  const [first] = addresses;
  if (first === undefined) return;
  note({
    code: 'host-file-malformed',
    severity: 'note',
    subject: `/sys/bus/pci/devices/${first}`,
    message: `${addresses.length} PCI function(s) tell no vendor or device (${first} is the first), so they are left out.`,
    remedy: 'Nothing to do unless your card is among them; then compare with `lspci -nn`.',
  });
};

const noteHiddenConfig = (source: Source, functions: readonly BarePciFunction[], note: Note): void => {
  if (!source.isLive || source.isPrivileged || !functions.some((one) => one.isBridge)) return;
  note({
    code: 'host-needs-root',
    severity: 'note',
    subject: '/sys/bus/pci/devices',
    message: 'Only root can read the ACS capability of bridges, so it is not told why devices share an IOMMU group.',
    remedy: 'Run the command with sudo. The groups themselves are right without it.',
  });
};
