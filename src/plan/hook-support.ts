import type {HostFacts} from '../host/facts.ts';
import {isAtLeast} from '../host/versions.ts';

/** libvirt runs the files in qemu.d since 6.5.0 (libvirt.org/hooks.html). `null`: it does here. */
export const whyNoHooks = ({boot, libvirt: {version}}: HostFacts): string | null => {
  if (boot.loader === 'nixos') return 'NixOS has the hooks of libvirt and all programs in places of its own';
  if (isAtLeast(version, '6.5.0')) return null;
  return version === null ? 'the version of libvirt is not told' : `libvirt ${version} runs no hooks in qemu.d (since 6.5.0)`;
};
