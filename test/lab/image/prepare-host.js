import {renameSync} from 'node:fs';
import {join} from 'node:path';
import {startMachine} from '../machine/machine.js';
import {run} from '../processes.js';
import {uuid} from './recipe.js';

/** The boot loader's own programs write its menu, in the machine that it starts. */
const installLoader = {
  grub: 'update-grub',
  'systemd-boot': 'bootctl install && echo "timeout 1" > /boot/efi/loader/loader.conf && kernel-install add $(uname -r) /boot/vmlinuz-$(uname -r) /boot/initrd.img-$(uname -r)',
};

/** First boot without the boot loader, which is set up in it; then through it to a saved, booted host. */
export const prepareHost = async ({loader}, directory, say) => {
  const disk = join(directory, 'preparing.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', disk], {seconds: 30});
  const vars = loader === 'grub' ? {} : {hardware: {vars: join(directory, 'preparing-vars.qcow2')}};
  const direct = {kernel: join(directory, 'vmlinuz'), initrd: join(directory, 'initrd.img'), commandLine: `root=UUID=${uuid} ro console=ttyS0,115200 quiet no_timer_check mitigations=off audit=0 apparmor=0 nokaslr cryptomgr.notests panic=5`};
  await withMachine(directory, {disk, direct, ...vars}, async (machine) => {
    await machine.waitForLogin();
    say('first login; setting up the boot loader');
    await machine.run(`${installLoader[loader]} && sync`, 300);
  });
  await withMachine(directory, {disk, ...vars}, async (machine) => {
    await machine.waitForLogin();
    say('login through the boot loader; saving the booted machine');
    // Settled: what still starts in the background would differ from run to run.
    await machine.run('systemctl is-system-running --wait || systemctl --failed --no-legend', 120);
    await machine.run('cat /root/.bash_history >/dev/null 2>&1; modprobe 9p; modprobe 9pnet_virtio; sync', 60);
    await machine.monitor.save('booted');
  });
  if (loader !== 'grub') renameSync(join(directory, 'preparing-vars.qcow2'), join(directory, 'vars.qcow2'));
  renameSync(disk, join(directory, 'installed.qcow2'));
};

const withMachine = async (directory, options, use) => {
  const machine = await startMachine(directory, options);
  try {
    await use(machine);
  } finally {
    await machine.stop();
  }
};
