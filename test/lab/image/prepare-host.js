import {copyFileSync, existsSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';
import {makeOnce} from './finished.js';
import {expectHealthy, withMachine} from './installed-machine.js';
import {uuid} from './recipe.js';

/** Of kernel-install: an entry, or an image with its arguments (layout in /etc/kernel/install.conf). */
const installSystemdBoot =
  'bootctl install && echo "timeout 1" > /boot/efi/loader/loader.conf && kernel-install add $(uname -r) /boot/vmlinuz-$(uname -r) /boot/initrd.img-$(uname -r)';

/** The boot loader's own programs write its menu, in the machine that it starts. */
const installLoader = {
  grub: 'update-grub',
  'systemd-boot': installSystemdBoot,
  uki: installSystemdBoot,
};

/** First boot without the boot loader, which is set up in it; then through it to a saved, booted host. */
export const prepareHost = async ({loader}, directory, say) => {
  const at = (name) => join(directory, name);
  const isUefi = existsSync(at('empty-vars.qcow2'));
  const hardwareWith = (vars) => (isUefi ? {hardware: {vars}} : {});
  const direct = {
    kernel: at('vmlinuz'),
    initrd: at('initrd.img'),
    commandLine: `root=UUID=${uuid} ro console=ttyS0,115200 quiet no_timer_check mitigations=off audit=0 apparmor=0 nokaslr cryptomgr.notests panic=5`,
  };

  await makeOnce(at('bootable.qcow2'), async (disk) => {
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', disk], {seconds: 30});
    if (isUefi) copyFileSync(at('empty-vars.qcow2'), at('bootable-vars.qcow2'));
    await withMachine(directory, {disk, direct, ...hardwareWith(at('bootable-vars.qcow2'))}, async (machine) => {
      await machine.waitForLogin();
      say('first login; setting up the boot loader');
      await machine.run(`${installLoader[loader]} && sync`, 300);
    });
  });

  await makeOnce(at('installed.qcow2'), async (disk) => {
    copyFileSync(at('bootable.qcow2'), disk);
    if (isUefi) copyFileSync(at('bootable-vars.qcow2'), at('vars.qcow2'));
    await withMachine(directory, {disk, ...hardwareWith(at('vars.qcow2'))}, async (machine) => {
      await machine.waitForLogin();
      say('login through the boot loader; saving the booted machine');
      await expectHealthy(machine);
      await machine.run('cat /root/.bash_history >/dev/null 2>&1; modprobe 9p; modprobe 9pnet_virtio; sync', 60);
      await machine.monitor.save('booted');
    });
  });
};
