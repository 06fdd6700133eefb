/**
 * Video memory of a type of mediated device in MiB, from what its driver writes: NVIDIA's `framebuffer=1024M`, GVT-g's
 * line `high_gm_size: 512MB` (the other size is only what the CPU sees), and the kernel's sample mbochs. Without a
 * description NVIDIA's name tells. `null` where nothing does.
 */
export const vramMiBOf = (name: string | null, description: string | null): number | null => {
  for (const pattern of descriptions) {
    const size = pattern.exec(description ?? '')?.[1];
    if (size !== undefined) return Number(size);
  }
  return vramMiBOfName(name);
};

const descriptions = [/\bframebuffer=(\d{1,7})M\b/, /^high_gm_size: (\d{1,7})MB$/m, /\b(\d{1,7}) MB video memory/];

/**
 * NVIDIA’s names end with the size in GiB and a letter for the series, `GRID RTX6000-1Q`; 0 stands for 512 MiB. Before the size
 * there may be the number of MIG slices, after it a suffix.
 */
const vramMiBOfName = (name: string | null): number | null => {
  const size = /-(\d{1,3})[ABCQ]\d?(?:ME|NOME|MEALL|GFX)*$/.exec(name ?? '')?.[1];
  if (size === undefined) return null;
  return size === '0' ? 512 : Number(size) * 1024;
};
