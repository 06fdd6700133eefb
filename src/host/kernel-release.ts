import type {Source} from '../system/source.ts';

/** Part of a path, so a captured tree may not smuggle one in. */
const pattern = /^\w[\w.+~-]*$/;

export const isKernelRelease = (name: string): boolean => pattern.test(name);

/** Release of the running kernel, `6.12.117-amd64`; `null` when nothing tells it. */
export const readKernelRelease = (source: Source): string | null => {
  const told =
    source.text('/proc/sys/kernel/osrelease')?.trim() ?? /^Linux version (\S+)/.exec(source.text('/proc/version') ?? '')?.[1];
  if (told !== undefined) return pattern.test(told) ? told : null;
  const [only, ...others] = source.list('/lib/modules').filter((name) => pattern.test(name));
  return only !== undefined && others.length === 0 ? only : null;
};
