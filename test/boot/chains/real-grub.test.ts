import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {makeTree} from '../../support/make-tree.ts';
import {corpusDirectory} from '../../support/shared-data.ts';
import {expectUndone, walk} from './chain-scenario.ts';
import {arch, debian, fedora, initramfsTools} from './chain-trees.ts';
import {standIns} from './stand-ins.ts';

const corpus = corpusDirectory();
const debianTree = {...debian('debian-13/grub', '6.12.43+deb13-amd64'), ...initramfsTools};
const archTree = arch('base systemd autodetect microcode modconf kms keyboard keymap sd-vconsole block');

/** Files that people keep of their own machines, and of which nobody says that they may be copied: no golden is made of them. */
describe.skipIf(corpus === null)('the real /etc/default/grub', () => {
  it.each([
    ['Debian', 'JoeKun+debian-configuration-files__etc__default__grub', debianTree],
    ['Ubuntu', 'ClementCastel+ubuntu-2204__etc__default__grub', debianTree],
    [
      'Proxmox VE',
      'iroger+ASRock-TRX40-proxmox__etc__default__grub',
      {...debian('debian-12/grub', '6.8.12-4-pve'), ...initramfsTools},
    ],
    ['Arch', 'OzzyHelix+virtio_config__etc__default__grub', archTree],
    ['Garuda', 'OzzyHelix+virtio-guide__configs__etc__default__grub', archTree],
    ['Fedora', 'JohnPreston+fedora30-kvm-nvidia-passthrough__etc__sysconfig__grub', fedora],
  ] as const)(
    'of a machine with %s is changed in the lines of arguments alone, and rolled back to the last byte',
    async (name, file, tree) => {
      const walked = await walk(
        makeTree({...tree, '/etc/default/grub': readFileSync(join(corpus ?? '', 'mined/grub', file))}),
        standIns,
      );
      expect(walked.findings).toEqual([]);
      const diff = walked.changes.flatMap((change) =>
        change.kind !== 'run' && change.path === '/etc/default/grub' ? change.diff.split('\n') : [],
      );
      const lines = diff.filter((line) => /^[-+](?![-+])/.test(line));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toMatch(/^[-+]GRUB_CMDLINE_LINUX(?:_DEFAULT)?=/);
      expect(walked.again).toEqual([]);
      expect(walked.brokenFiles).toEqual([]);
      expectUndone(name, walked);
    },
  );
});
