import {copyFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';
import {makeOnce} from './finished.js';
import {expectHealthy, withMachine} from './installed-machine.js';
import {uuid} from './recipe.js';

const here = (name) => new URL(name, import.meta.url).pathname;

/** First boot without the boot loader and without Xen, in which its owner sets both up; then through GRUB into Xen, to a saved dom0. */
export const prepareXenHost = async ({hardware}, directory, say) => {
  const at = (name) => join(directory, name);
  const direct = {
    kernel: at('vmlinuz'),
    initrd: at('initrd.img'),
    commandLine: `root=UUID=${uuid} ro console=ttyS0,115200 quiet no_timer_check mitigations=off audit=0 apparmor=0 nokaslr cryptomgr.notests panic=5`,
  };

  await makeOnce(at('bootable.qcow2'), async (disk) => {
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', disk], {seconds: 30});
    await withMachine(directory, {disk, direct, hardware}, async (machine) => {
      await machine.waitForLogin();
      say('first login; setting up GRUB and Xen');
      copyFileSync(here('xen.sh'), join(machine.share, 'xen.sh'));
      await machine.withShare('sh /mnt/share/xen.sh', 300);
    });
  });

  await makeOnce(at('installed.qcow2'), async (disk) => {
    copyFileSync(at('bootable.qcow2'), disk);
    await withMachine(directory, {disk, hardware}, async (machine) => {
      await machine.waitForLogin();
      say('login to dom0 through GRUB and Xen; saving the booted machine');
      await expectHealthy(machine);
      await machine.run('cat /root/.bash_history >/dev/null 2>&1; modprobe 9p; modprobe 9pnet_virtio; sync', 60);
      await machine.monitor.save('booted');
    });
  });
};
