import {join} from 'node:path';
import {expectEqual, expectMatch, expectSameLines} from '../expect.js';
import {filesOf, makeProfile} from '../host-state.js';
import {guestCard} from '../machine/host.js';
import {run} from '../processes.js';

/** Moves /boot to another file system, as far as anything on the running machine can tell. */
const moveBoot = async (machine) => {
  const image = join(machine.share, 'btrfs.img');
  await run('truncate', ['-s', '192M', image], {seconds: 10});
  await run('mkfs.btrfs', ['-q', '-f', image], {seconds: 60});
  await machine.withShare('cp --sparse=always /mnt/share/btrfs.img /root/btrfs.img', 120);
  await machine.run(
    'mkdir -p /mnt/boot && mount -o loop /root/btrfs.img /mnt/boot && cp -a /boot/. /mnt/boot && umount /mnt/boot && mount -o loop /root/btrfs.img /boot',
    300,
  );
};

export const trialRefused = {
  name: 'trial-refused',
  isFast: false,
  title: 'Where GRUB could not take its choice for one boot back, a trial is refused beforehand, with the reason',
  run: async (lab) => {
    const machine = await lab.installedHost();
    await makeProfile(machine, guestCard);
    await moveBoot(machine);
    const before = await filesOf(machine);
    const {code, output} = await machine.tryRun('vfio-pilot apply lab.yaml --trial --yes', 300);
    const after = await filesOf(machine);
    lab.figure(
      'J8 btrfs',
      'ended with 3, nothing written',
      `ended with ${code}, ${after === before ? 'nothing' : 'files'} written`,
    );
    expectSameLines(after, before, 'the files in /etc and /boot');
    expectMatch(output, /\[trial-impossible\]/, 'the finding');
    expectMatch(output, /grubenv is on btrfs/, 'the reason');
    expectEqual(
      (await machine.tryRun('grub-editenv list | grep next_entry')).output,
      '',
      "GRUB's choice for the next boot",
    );
  },
};
