import type {HostFacts} from '../host/facts.ts';
import {isAtLeast} from '../host/versions.ts';

/** libvirt runs the files in qemu.d since 6.5.0 (libvirt.org/hooks.html). `null`: it does here. */
export const whyNoHooks = ({libvirt: {version}}: HostFacts): string | null => {
  if (isAtLeast(version, '6.5.0')) return null;
  return version === null ? 'the version of libvirt is not told' : `libvirt ${version} runs no hooks in qemu.d (since 6.5.0)`;
};
