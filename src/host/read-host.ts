import type {Finding} from '../findings.ts';
import type {Source} from '../system/source.ts';
import {readBoot} from './boot.ts';
import {readCpu} from './cpu.ts';
import type {HostFacts} from './facts.ts';
import {readFiles} from './files.ts';
import {readHostDisks} from './host-disks.ts';
import {readIommu} from './iommu.ts';
import {readIsolation} from './isolation.ts';
import {readKernel} from './kernel.ts';
import {readLibvirt} from './libvirt.ts';
import {readMemory} from './memory.ts';
import {readNeeds} from './needs.ts';
import {readNodes} from './numa.ts';
import {readPci} from './pci.ts';
import type {Note} from './reader.ts';
import {readRomFiles} from './rom-files.ts';

/** All facts of the machine or of a captured tree. Reads only, and never throws for what it finds there. */
export const readHost = (source: Source): HostFacts => {
  const notes = new Map<string, Finding>();
  const note: Note = (finding) => {
    const key = `${finding.code} ${finding.subject}`;
    if (!notes.has(key)) notes.set(key, finding);
  };
  const pci = readPci(source, note);
  return {
    version: 1,
    root: source.root,
    isLive: source.isLive,
    isPrivileged: source.isPrivileged,
    cpu: readCpu(source, note),
    nodes: readNodes(source, note),
    memory: readMemory(source, note),
    pci,
    iommu: readIommu(source, note, pci),
    boot: readBoot(source, note),
    kernel: readKernel(source, note),
    libvirt: readLibvirt(source, note),
    isolation: readIsolation(source),
    needs: readNeeds(source, note, pci),
    hostDisks: readHostDisks(source),
    files: readFiles(source, note),
    notes: [...notes.values()],
    roms: readRomFiles(source),
  };
};
