import type {Source} from '../../system/source.ts';

/** Debian, Fedora and openSUSE, Arch, RHEL: where QEMU looks for its modules. */
const moduleDirectories = ['/usr/lib/x86_64-linux-gnu/qemu', '/usr/lib64/qemu', '/usr/lib/qemu', '/usr/lib64/qemu-kvm'];

/** Their file names; `null` where there is none of the kinds that a distribution packs apart, so that all may be built in. */
export const listQemuModules = (source: Source): readonly string[] | null => {
  const modules = moduleDirectories.flatMap((directory) => source.list(directory));
  return modules.some((name) => /^(?:ui|hw|audio|accel)-.*\.so$/.test(name)) ? modules : null;
};
