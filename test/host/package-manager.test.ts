import {describe, expect, it} from 'vitest';
import {readPackageManager} from '../../src/host/package-manager.ts';
import {openTree} from '../support/make-tree.ts';

describe('what installs programs here', () => {
  it.each([
    ['apt', {'/usr/bin/apt-get': ''}],
    ['apt', {'/var/lib/dpkg/status': ''}],
    ['dnf', {'/usr/bin/dnf': ''}],
    ['pacman', {'/usr/bin/pacman': ''}],
    ['zypper', {'/usr/bin/zypper': ''}],
    ['rpm-ostree', {'/usr/bin/rpm-ostree': '', '/usr/bin/dnf': ''}],
    [null, {'/etc/os-release': 'ID=debian\n'}],
  ] as const)('is %s by its program or its database', (manager, tree) => {
    expect(readPackageManager(openTree(tree))).toBe(manager);
  });
});
