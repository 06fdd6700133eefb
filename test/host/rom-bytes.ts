/** Invented option ROM of 512-byte images: id, and the code type of each (0 legacy BIOS, 3 EFI). */
export const optionRom = (...images: readonly (readonly [id: string, codeType: number])[]): Buffer =>
  Buffer.concat(
    images.map(([id, codeType], index) => {
      const [vendor = 0, device = 0] = id.split(':').map((part) => Number.parseInt(part, 16));
      const image = Buffer.alloc(512);
      image.writeUInt16LE(0xaa55, 0);
      image.writeUInt16LE(0x20, 0x18);
      image.write('PCIR', 0x20, 'latin1');
      image.writeUInt16LE(vendor, 0x24);
      image.writeUInt16LE(device, 0x26);
      image.writeUInt16LE(1, 0x30);
      image.writeUInt8(codeType, 0x34);
      image.writeUInt8(index === images.length - 1 ? 0x80 : 0, 0x35);
      return image;
    }),
  );
