import type {Source} from '../../system/source.ts';

/** Debian, Fedora and openSUSE, Arch, RHEL: where QEMU looks for its modules. */
const moduleDirectories = ['/usr/lib/x86_64-linux-gnu/qemu', '/usr/lib64/qemu', '/usr/lib/qemu', '/usr/lib64/qemu-kvm'];

/**
 * Whether this QEMU has SPICE, which distributions pack apart or leave out. libvirt tells what it has found; where it does
 * not answer, the modules do. A QEMU without any modules may have it built in: unknown.
 */
export const readHasSpice = (source: Source, domainCapabilities: string | null): boolean | null => {
  const graphics = /<graphics supported=['"]yes['"]>([\s\S]*?)<\/graphics>/.exec(domainCapabilities ?? '')?.[1];
  const types = /<enum name=['"]type['"]>([\s\S]*?)<\/enum>/.exec(graphics ?? '')?.[1];
  if (types !== undefined) return types.includes('<value>spice</value>');
  const modules = moduleDirectories.flatMap((directory) => source.list(directory));
  if (modules.includes('ui-spice-core.so')) return true;
  return modules.some((name) => /^(?:ui|hw|audio|accel)-.*\.so$/.test(name)) ? false : null;
};
