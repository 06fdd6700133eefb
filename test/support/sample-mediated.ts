import type {MediatedParent, MediatedType} from '../../src/facts/mediated.ts';
import {parsePciAddress} from '../../src/facts/pci-address.ts';

/** Invented: a type as a driver offers it. */
export const sampleType = (
  id: string,
  vramMiB: number | null,
  available: number | null,
  more: Partial<MediatedType> = {},
): MediatedType => ({id, name: null, description: null, vramMiB, available, api: 'vfio-pci', ...more});

export const sampleParent = (
  name: string,
  types: readonly MediatedType[],
  more: Partial<MediatedParent> = {},
): MediatedParent => ({name, address: parsePciAddress(name), driver: null, numaNode: null, types, ...more});
