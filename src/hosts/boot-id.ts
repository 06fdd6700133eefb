import type {Source} from '../system/source.ts';

/** Another one at each boot (random(4)); `null` where it is not readable. */
export const readBootId = (source: Source): string | null =>
  source.text('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
