import {readU16, readU32, readU8} from '../../facts/bytes.ts';
import type {BridgeAcs, BridgePort} from '../../facts/pci.ts';

/** An ordinary user gets the first 64 bytes only (kernel: drivers/pci/pci-sysfs.c pci_read_config). */
const headerBytes = 64;
const extendedStart = 0x100;
const acsCapability = 0x000d;
const expressCapability = 0x10;
/** SV, RR, CR, UF: what the kernel demands before it splits groups (kernel: drivers/iommu/iommu.c REQ_ACS_FLAGS). */
const requiredAcs = 0x1d;

export type BridgeIdentity = {readonly vendor: string; readonly device: string; readonly isPchSlot: boolean};

/**
 * ACS of a bridge, judged as the kernel does (drivers/pci/pci.c pci_acs_enabled). `null`: config space is cut off, or the
 * chipset is one where the kernel goes by a list of its own.
 */
export const decodeBridgeAcs = (config: Uint8Array, bridge: BridgeIdentity): BridgeAcs | null => {
  if (config.length <= headerBytes) return null;
  const express = findCapability(config, expressCapability);
  const port = express === null ? 'PCI bridge' : portOf(readU16(config, express + 2));
  if (port === null) return null;
  if (port === 'PCI bridge') return {isPresent: false, isIsolating: false, port};
  if (config.length <= extendedStart) return null;
  return decodePort(config, bridge, port);
};

const decodePort = (config: Uint8Array, bridge: BridgeIdentity, port: BridgePort): BridgeAcs | null => {
  const acs = findExtendedCapability(config, acsCapability);
  // kernel: drivers/pci/quirks.c pci_dev_acs_enabled[]: Intel PCH root ports are isolated without saying so, or say so wrongly.
  if (acs === null) return bridge.vendor === '8086' && bridge.isPchSlot ? null : withoutAcs(config, port);
  if (bridge.vendor === '8086' && hasWideAcsControl(bridge.device)) return null;
  const capability = readU16(config, acs + 4);
  const control = readU16(config, acs + 6);
  if (capability === null || control === null) return null;
  const needed = requiredAcs & capability;
  return {isPresent: true, isIsolating: (control & needed) === needed || isLoneUpstream(config, port), port};
};

const withoutAcs = (config: Uint8Array, port: BridgePort): BridgeAcs => ({
  isPresent: false,
  isIsolating: isLoneUpstream(config, port),
  port,
});

/** An upstream port needs ACS only next to other functions of its device (header type, bit 7). */
const isLoneUpstream = (config: Uint8Array, port: BridgePort): boolean =>
  port === 'upstream port' && ((readU8(config, 0x0e) ?? 0) & 0x80) === 0;

/** PCI Express capabilities register, bits 7:4. */
const portOf = (flags: number | null): BridgePort | null => {
  if (flags === null) return null;
  const type = (flags >> 4) & 0xf;
  if (type === 4) return 'root port';
  if (type === 5) return 'upstream port';
  if (type === 6) return 'downstream port';
  return type === 7 || type === 8 ? 'PCI bridge' : null;
};

/** 100 and 200 series: the control register is 32 bits wide, at +8 (kernel: quirks.c pci_quirk_intel_spt_pch_acs_match). */
const wideAcsRanges = [
  [0xa110, 0xa11f],
  [0xa167, 0xa16a],
  [0xa290, 0xa29f],
  [0xa2e7, 0xa2ee],
  [0x9d10, 0x9d1b],
] as const;

const hasWideAcsControl = (device: string): boolean => {
  const id = Number.parseInt(device, 16);
  return wideAcsRanges.some(([first, last]) => id >= first && id <= last);
};

const findCapability = (config: Uint8Array, wanted: number): number | null => {
  const hasList = ((readU16(config, 0x06) ?? 0) & 0x10) !== 0;
  let offset = hasList ? (readU8(config, 0x34) ?? 0) & 0xfc : 0;
  // 48 capabilities fill the space; a chain of more is a loop.
  for (let step = 0; step < 48 && offset >= headerBytes; step += 1) {
    if (readU8(config, offset) === wanted) return offset;
    offset = (readU8(config, offset + 1) ?? 0) & 0xfc;
  }
  return null;
};

const findExtendedCapability = (config: Uint8Array, wanted: number): number | null => {
  let offset = extendedStart;
  for (let step = 0; step < 480 && offset >= extendedStart; step += 1) {
    const header = readU32(config, offset);
    if (header === null || header === 0 || header === 0xffff_ffff) return null;
    if ((header & 0xffff) === wanted) return offset;
    offset = (header >>> 20) & 0xffc;
  }
  return null;
};
