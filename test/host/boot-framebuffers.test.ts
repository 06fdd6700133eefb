import {expect, it} from 'vitest';
import type {PciBar} from '../../src/facts/pci.ts';
import {readBootFramebuffers} from '../../src/host/pci/framebuffers.ts';
import {openTree} from '../support/make-tree.ts';

const bar = (start: string, sizeBytes: number): PciBar => ({
  index: 1,
  start,
  sizeBytes,
  isMemory: true,
  is64Bit: true,
  isPrefetchable: true,
  isUnset: false,
});
const iomem = (name: string): string => `00000000-00000fff : Reserved
e0000000-efffffff : PCI Bus 0000:01
  e0000000-efffffff : 0000:01:00.0
    e0000000-e02fffff : ${name}
f0000000-f7ffffff : 0000:02:00.0
  f0000000-f7ffffff : nouveau
`;

it.each(['efifb', 'BOOTFB', 'simpledrm', 'simple-framebuffer.0', 'vesafb'])(
  'failure mode 11: %s is seen in the BAR that it lies in, and a driver is no boot framebuffer',
  (name) => {
    const framebuffersIn = readBootFramebuffers(openTree({'/proc/iomem': iomem(name)}));
    expect(framebuffersIn([bar('0x00000000e0000000', 0x10000000)])).toEqual([name]);
    expect(framebuffersIn([bar('0x00000000f0000000', 0x8000000)])).toEqual([]);
  },
);

it('is unknown to an ordinary user, who sees zeros only, and without the file', () => {
  const zeros = iomem('efifb').replaceAll(/[0-9a-f]{8}-[0-9a-f]{8}/g, '00000000-00000000');
  for (const tree of [{'/proc/iomem': zeros}, {}])
    expect(readBootFramebuffers(openTree(tree))([bar('0x00000000e0000000', 16)])).toBeNull();
});
