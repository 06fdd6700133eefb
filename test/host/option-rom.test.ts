import {describe, expect, it} from 'vitest';
import {parseOptionRom, readRomFiles} from '../../src/host/pci/option-rom.ts';
import {openTree} from '../support/make-tree.ts';
import {optionRom} from './rom-bytes.ts';

describe('an option ROM', () => {
  it('tells its images, for which device each is, and what starts it', () => {
    expect(parseOptionRom(optionRom(['10de:1c81', 0], ['10de:1c81', 3]))).toEqual({
      images: [
        {id: '10de:1c81', kind: 'bios'},
        {id: '10de:1c81', kind: 'efi'},
      ],
      problem: null,
    });
  });

  it.each([
    [
      'begins with what a tool saved in front',
      Buffer.concat([Buffer.from('NVGI'), optionRom(['10de:1c81', 0])]),
      /first at 0x4/,
    ],
    ['is something else', Buffer.from('no ROM at all'), /does not begin with 55 AA/],
    ['is empty', Buffer.alloc(0), /does not begin/],
    ['has lost its structure', Buffer.concat([Buffer.from([0x55, 0xaa]), Buffer.alloc(100)]), /no PCIR/],
    ['was cut off', optionRom(['10de:1c81', 0]).subarray(0, 200), /ends in the middle/],
    [
      'announces an image that is not there',
      optionRom(['10de:1c81', 0]).map((byte, index) => (index === 0x20 + 0x15 ? 0 : byte)),
      /one more image/,
    ],
  ])('that %s says why it is none', (_name, bytes, problem) =>
    expect(parseOptionRom(Buffer.from(bytes)).problem).toMatch(problem),
  );
});

it('ROM files are those where QEMU may read them, without what QEMU brings itself', () => {
  const rom = optionRom(['10de:1c81', 3]);
  const files = readRomFiles(
    openTree({
      '/usr/share/vgabios/gtx.rom': rom,
      '/usr/share/kvm/vgabios-stdvga.bin': rom,
      '/usr/share/qemu/big.rom': Buffer.alloc(3 * 1024 * 1024),
      '/usr/share/qemu/opensbi.bin': 'firmware',
      '/usr/share/kvm/card.bin': rom,
      '/usr/share/vgabios/bad.rom': 'text',
      '/root/gtx.rom': rom,
    }),
  );
  expect(Object.keys(files)).toEqual([
    '/usr/share/vgabios/bad.rom',
    '/usr/share/vgabios/gtx.rom',
    '/usr/share/kvm/card.bin',
  ]);
});
