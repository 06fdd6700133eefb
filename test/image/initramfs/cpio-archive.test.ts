import {describe, expect, it} from 'vitest';
import {readCpioMember, unpackerOf} from '../../../src/formats/cpio.ts';
import {makeCpio} from '../../support/make-cpio.ts';

const microcode = makeCpio({'kernel/x86/microcode/GenuineIntel.bin': 'x'.repeat(1001)});
const main = makeCpio({'./init': '#!/bin/sh\n', 'scripts/init-top/ORDER': 'a\n'});

describe('the archives of an image', () => {
  it('are read one behind the other, with the padding between them', () => {
    const image = Buffer.concat([microcode, Buffer.alloc(512 - (microcode.length % 512)), main, Buffer.alloc(256)]);
    expect(readCpioMember(image, 'scripts/init-top/ORDER')).toEqual({content: Buffer.from('a\n'), restAt: null});
    expect(readCpioMember(image, 'init').content?.toString()).toBe('#!/bin/sh\n');
    expect(readCpioMember(image, 'absent')).toEqual({content: null, restAt: null});
  });

  it('give the last of several members of a name, as the kernel unpacks them', () => {
    expect(
      readCpioMember(
        Buffer.concat([main, makeCpio({'scripts/init-top/ORDER': 'b\n'})]),
        'scripts/init-top/ORDER',
      ).content?.toString(),
    ).toBe('b\n');
  });

  it('say where the packed rest begins', () => {
    const packed = Buffer.from('28b52ffd00000000', 'hex');
    expect(readCpioMember(Buffer.concat([microcode, packed]), 'init')).toEqual({
      content: null,
      restAt: microcode.length,
    });
    expect(unpackerOf(packed)).toMatchObject({program: '/usr/bin/zstd', ending: 'zst'});
  });

  it('may be damaged or cut off anywhere', () => {
    for (let length = 0; length < main.length; length += 7)
      expect(readCpioMember(main.subarray(0, length), 'absent').content).toBeNull();
    expect(readCpioMember(Buffer.from(`070701${'zz'.repeat(60)}`), 'init')).toEqual({content: null, restAt: 0});
    expect(unpackerOf(Buffer.from('text'))).toBeNull();
  });
});
