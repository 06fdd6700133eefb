import type {PackageManager} from '../facts/packages.ts';
import type {Source} from '../system/source.ts';

/** By the program; a captured tree has its database instead. rpm-ostree first: dnf is there too, and may not write. */
const evidence: readonly (readonly [PackageManager, readonly string[]])[] = [
  ['rpm-ostree', ['/usr/bin/rpm-ostree']],
  ['apt', ['/usr/bin/apt-get', '/var/lib/dpkg/status']],
  ['zypper', ['/usr/bin/zypper']],
  ['dnf', ['/usr/bin/dnf']],
  ['pacman', ['/usr/bin/pacman', '/var/lib/pacman/local']],
];

export const readPackageManager = (source: Source): PackageManager | null =>
  evidence.find(([, paths]) => paths.some((path) => source.exists(path)))?.[0] ?? null;
