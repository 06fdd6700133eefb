import {vramMiBOfName} from '../../facts/mediated.ts';

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
