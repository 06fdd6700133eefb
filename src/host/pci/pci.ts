import {comparePciAddresses, parsePciAddress, type PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction, PciOutline} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';
import {readModuleMatches} from '../kernel/modules.ts';
import type {Note} from '../reader.ts';
import {readBootFramebuffers} from './framebuffers.ts';
import {type FunctionReader, pciDirectory, pciFunctionReader, pciOutlineReader} from './pci-function.ts';
import {readPciNames} from './pci-names.ts';

/** Every PCI function that sysfs lists, in numeric order of addresses. */
export const readPci = (source: Source, note: Note): readonly PciFunction[] => {
  const functions = readEach(source, note, pciFunctionReader(source));
  const nameOf = readPciNames(source, functions);
  const matchOf = readModuleMatches(source, functions);
  const framebuffersIn = readBootFramebuffers(source);
  return functions.map((one) =>
    Object.assign(one, {name: nameOf(one), ...matchOf(one), bootFramebuffers: framebuffersIn(one.bars)}),
  );
};

/** The same functions by few files. */
export const readPciOutlines = (source: Source, note: Note): readonly PciOutline[] => {
  const functions = readEach(source, note, pciOutlineReader(source));
  const nameOf = readPciNames(source, functions);
  const matchOf = readModuleMatches(source, functions);
  return functions.map((one) => Object.assign(one, {name: nameOf(one), modules: matchOf(one).modules}));
};

const readEach = <One extends Pick<PciFunction, 'address' | 'isBridge'>>(
  source: Source,
  note: Note,
  read: FunctionReader<One>,
): readonly One[] => {
  const functions: One[] = [];
  const unreadable: PciAddress[] = [];
  for (const name of source.list(pciDirectory)) {
    const address = parsePciAddress(name);
    if (address === null) continue;
    const found = read(name, address);
    if (found === null) unreadable.push(address);
    else functions.push(found);
  }
  noteUnreadable(unreadable, note);
  noteHiddenConfig(source, functions, note);
  return functions.sort((left, right) => comparePciAddresses(left.address, right.address));
};

const noteUnreadable = (addresses: readonly PciAddress[], note: Note): void => {
  const [first] = addresses;
  if (first === undefined) return;
  note({
    code: 'host-file-malformed',
    severity: 'note',
    subject: `${pciDirectory}/${first}`,
    message: `${addresses.length} PCI function(s) have no vendor or device in sysfs (${first} is the first), so they are left out.`,
    remedy: 'Nothing to do unless your card is among them; then compare with `lspci -nn`.',
  });
};

const noteHiddenConfig = (source: Source, functions: readonly Pick<PciFunction, 'isBridge'>[], note: Note): void => {
  if (!source.isLive || source.isPrivileged || !functions.some((one) => one.isBridge)) return;
  note({
    code: 'host-needs-root',
    severity: 'note',
    subject: pciDirectory,
    message: 'Only root can read the ACS capability of bridges, so it is not known why devices share an IOMMU group.',
    remedy: 'Run the command with sudo. The groups themselves are right without it.',
  });
};
