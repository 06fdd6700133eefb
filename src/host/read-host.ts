import {type BootPorts, bootPorts, fileTableOf} from '../boot/chains.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {Finding} from '../findings/finding.ts';
import type {Source} from '../system/source.ts';
import {readIsPortable} from './chassis.ts';
import {readBoot} from './boot/boot.ts';
import {readConfinement} from './confinement.ts';
import {readCpu} from './cpu/cpu.ts';
import {readFiles} from './files.ts';
import {readGuests} from './guests/guests.ts';
import {readIsolation} from './kernel/isolation.ts';
import {readKernel} from './kernel/kernel.ts';
import {readSigning} from './kernel/signing.ts';
import {readMediated} from './mediated/mediated.ts';
import {readMemory} from './memory/memory.ts';
import {readNodes} from './memory/numa.ts';
import {readHostDisks} from './needs/host-disks.ts';
import {readNeeds} from './needs/needs.ts';
import {readIommu} from './pci/iommu.ts';
import {readRomFiles} from './pci/option-rom.ts';
import {readPackageManager} from './package-manager.ts';
import {readPci} from './pci/pci.ts';
import type {Note} from './reader.ts';
import {snippetFiles} from './proxmox/proxmox.ts';
import {readInputs} from './inputs.ts';
import {readSharedMemory} from './shared-memory.ts';
import {readUsb} from './usb/usb.ts';
import {guestDisksOf, machineOf, readVirtualisation} from './virtualisation.ts';

/** All facts of the machine or of a captured tree. Reads only, and never throws for what it finds there. */
export const readHost = (source: Source, ports: BootPorts = bootPorts): HostFacts => {
  const notes = new Map<string, Finding>();
  const note: Note = (finding) => {
    const key = `${finding.code} ${finding.subject}`;
    if (!notes.has(key)) notes.set(key, finding);
  };
  const pci = readPci(source, note);
  const virtualisation = readVirtualisation(
    source,
    note,
    pci.map(({address}) => address),
  );
  const machine = machineOf(virtualisation, {
    cpu: readCpu(source, note),
    nodes: readNodes(source, note),
    memory: readMemory(source, note),
    pci,
    iommu: readIommu(source, note, pci),
  });
  const kernel = readKernel(source, note);
  const files = readFiles(source, note, [...fileTableOf(ports), ...snippetFiles(virtualisation)]);
  return {
    version: 1,
    root: source.root,
    isLive: source.isLive,
    isPrivileged: source.isPrivileged,
    isPortable: readIsPortable(source),
    packageManager: readPackageManager(source),
    ...machine,
    mediated: readMediated(source),
    usb: readUsb(source),
    inputs: readInputs(source),
    sharedMemory: readSharedMemory(source),
    boot: readBoot(source, note, files, ports),
    kernel,
    signing: readSigning(
      source,
      kernel.installed.map(({release}) => release),
    ),
    virtualisation,
    isolation: readIsolation(source),
    confinement: readConfinement(source),
    needs: readNeeds(source, note, pci, guestDisksOf(virtualisation)),
    hostDisks: readHostDisks(source),
    files,
    guests: readGuests(source, note, files),
    notes: [...notes.values()],
    roms: readRomFiles(source),
    namedFiles: {},
  };
};
