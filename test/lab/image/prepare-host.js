import {renameSync} from 'node:fs';
import {join} from 'node:path';
import {startMachine} from '../machine/machine.js';
import {run} from '../processes.js';
import {uuid} from './recipe.js';

/** First boot without GRUB, so that the real update-grub can write its menu; then through GRUB to a saved, booted host. */
export const prepareHost = async (directory, say) => {
  const disk = join(directory, 'preparing.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', disk], {seconds: 30});
  const direct = {kernel: join(directory, 'vmlinuz'), initrd: join(directory, 'initrd.img'), commandLine: `root=UUID=${uuid} ro console=ttyS0,115200 quiet mitigations=off audit=0 apparmor=0 nokaslr cryptomgr.notests panic=5`};
  await withMachine(directory, {disk, direct}, async (machine) => {
    await machine.waitForLogin();
    say('first login; update-grub');
    await machine.run('update-grub && sync', 180);
  });
  await withMachine(directory, {disk}, async (machine) => {
    await machine.waitForLogin();
    say('login through GRUB; saving the booted machine');
    // Settled: what still starts in the background would differ from run to run.
    await machine.run('systemctl is-system-running --wait || systemctl --failed --no-legend', 120);
    await machine.run('cat /root/.bash_history >/dev/null 2>&1; modprobe 9p; modprobe 9pnet_virtio; sync', 60);
    await machine.monitor.save('booted');
  });
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
