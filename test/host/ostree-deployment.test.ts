import {describe, expect, it} from 'vitest';
import {readDeployment} from '../../src/boot/rpm-ostree/ostree-deployment.ts';
import type {Runner} from '../../src/system/source.ts';
import {openTree} from '../support/make-tree.ts';

const entry = (version: number, options: string): string => `title Fedora\nversion ${version}\noptions ${options}\n`;
const live = (run: Runner) =>
  readDeployment({...openTree({'/boot/loader/entries/ostree-1.conf': entry(1, 'stale')}), isLive: true, run});

describe('the deployment that starts next', () => {
  it('is what rpm-ostree says on a started machine, where a staged one has no entry yet', () => {
    const status = {
      deployments: [
        {staged: true, 'initramfs-etc': ['/etc/a'], 'container-image-reference': 'ostree-image-signed:docker://x'},
        {booted: true},
      ],
    };
    const run: Runner = (_program, args) => (args[0] === 'kargs' ? 'quiet root=UUID=1-2\n' : JSON.stringify(status));
    expect(live(run)).toEqual({commandLine: 'quiet root=UUID=1-2', initramfsFiles: ['/etc/a'], isContainer: true});
    expect(live((_program, args) => (args[0] === 'kargs' ? 'quiet\n' : '{"deployments":[{}]}'))).toEqual({
      commandLine: 'quiet',
      initramfsFiles: [],
      isContainer: false,
    });
  });

  it('is not known when rpm-ostree gives no answer, or one that is no JSON', () => {
    expect(live(() => null)).toBeNull();
    expect(live(() => 'error: no sysroot')).toBeNull();
    expect(live((_program, args) => (args[0] === 'kargs' ? 'quiet' : '{"deployments":[]}'))).toBeNull();
  });

  it('is the entry with the highest version in a tree', () => {
    const tree = {
      '/boot/loader/entries/ostree-1-fedora.conf': entry(9, 'old'),
      '/boot/loader/entries/ostree-2-fedora.conf': entry(10, 'new ro'),
      '/boot/loader/entries/other.conf': entry(11, 'foreign'),
    };
    expect(readDeployment(openTree(tree))).toEqual({commandLine: 'new ro', initramfsFiles: [], isContainer: false});
    expect(readDeployment(openTree({}))).toBeNull();
  });
});
