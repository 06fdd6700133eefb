import {expectEqual, expectMatch} from '../expect.js';
import {expectDrivers, makeProfile} from '../host-state.js';
import {guestCard} from '../machine/host.js';

const image = '/boot/initrd.img-$(uname -r)';

/** Where no script of our own can stand in the image: booster writes the rule, and rpm-ostree lays it over the image like this. */
export const udevRule = {
  name: 'udev-rule',
  isFast: false,
  title:
    'A udev rule laid over an initramfs without vfio-pci, but with the driver of the card, gives only the chosen one to vfio-pci',
  run: async (lab) => {
    const machine = await lab.installedHost();
    await machine.run(
      "printf '#!/bin/sh\\n' >/usr/bin/booster && chmod 755 /usr/bin/booster && mkdir -p /etc/kernel && echo initrd_generator=booster >/etc/kernel/install.conf",
    );
    await makeProfile(machine, guestCard);
    const before = await machine.run(`sha256sum <${image}`);
    lab.say('apply');
    await machine.run('vfio-pilot apply lab.yaml --yes', 900);
    expectEqual(await machine.run(`sha256sum <${image}`), before, 'the initramfs');
    expectEqual(
      await machine.run(`lsinitramfs ${image} | grep -c -e /vfio-pci.ko -e /bochs.ko`, 120),
      '1',
      'the number of modules of both drivers in the image',
    );

    lab.say('the rule is laid over the image, reboot');
    await machine.run(
      `cd / && truncate -s %4 ${image} && printf '%s\\n' etc/udev etc/udev/rules.d etc/udev/rules.d/10-vfio-pilot.rules | cpio -o -H newc >>${image}`,
    );
    await machine.reboot();
    await expectDrivers(machine, {isGivenAway: true});
    expectMatch(await machine.run('vfio-pilot verify', 180), / 0 not kept, 0 pending/, 'verify');
  },
};
