import {appliedHostOf} from '../applied-host.js';
import {expectEqual, expectMatch, expectTrue} from '../expect.js';
import {expectDrivers, kernelsOf, promisesOf} from '../host-state.js';
import {guestCard, guestSound, sharedCard} from '../machine/host.js';

const bind = (address, driver) =>
  `cd /sys/bus/pci/devices/${address} && echo ${address} >driver/unbind; echo ${driver} >driver_override && echo ${address} >/sys/bus/pci/drivers_probe; cd`;

/** Lets every program read other kernel arguments than those the kernel got. */
const pretend = (expression) =>
  `sed '${expression}' /proc/cmdline >/root/cmdline && mount --bind /root/cmdline /proc/cmdline`;
const stopPretending = 'umount /proc/cmdline';

const keep = (path) => `cp -a --parents ${path} /root/kept`;
const giveBack = (path) => `cp -a /root/kept${path} ${path}`;

const nodes = '/sys/devices/system/node';
const poolOf = (node) => `${nodes}/node${node}/hugepages/hugepages-2048kB/nr_hugepages`;
const domain = '/etc/libvirt/qemu/lab.xml';

/**
 * What is done to the running host together and taken back. Meanwhile `verify` must say of each that these promises are not
 * kept, with what it names in its words, and nothing about others. What is done at once is about different things.
 */
const breakagesOf = ({image, early}) => [
  [
    {
      what: 'the display of the card is with no driver',
      promises: ['device-driver'],
      names: guestCard,
      spoil: `echo ${guestCard} >/sys/bus/pci/drivers/vfio-pci/unbind`,
      mend: bind(guestCard, 'vfio-pci'),
    },
    {
      what: 'the hugepages are on the other node',
      promises: ['hugepages'],
      names: 'Node 1',
      spoil: `cat ${poolOf(1)} >/root/pages && echo 0 >${poolOf(1)} && cat /root/pages >${poolOf(0)}`,
      mend: `echo 0 >${poolOf(0)} && cat /root/pages >${poolOf(1)}`,
    },
    {
      what: 'an argument of the kernel only begins like the promised one',
      promises: ['kernel-argument'],
      names: 'hugepages',
      spoil: pretend('s/\\bhugepages=[^ ]*/&0/'),
      mend: stopPretending,
    },
    {
      what: "the older kernel's image has no claim",
      promises: ['image'],
      names: image,
      spoil: `${keep(image)}; cpio -o -H newc --quiet </dev/null | zstd -q -f -o ${image}`,
      mend: giveBack(image),
    },
    {
      what: 'the script of the image names another card',
      promises: ['file'],
      names: early,
      spoil: `${keep(early)}; sed -i s/${guestCard}/${sharedCard}/ ${early}`,
      mend: giveBack(early),
    },
    {
      what: 'the file of the guest has another function',
      promises: ['file'],
      names: domain,
      spoil: `${keep(domain)}; sed -i "s/function='0x1'/function='0x2'/" ${domain}`,
      mend: giveBack(domain),
    },
  ],
  [
    {
      what: 'the sound of the card is with its own driver',
      promises: ['device-driver', 'group-viable'],
      names: guestSound,
      spoil: bind(guestSound, 'snd_hda_intel'),
      mend: bind(guestSound, 'vfio-pci'),
    },
    {
      what: 'a card of the same kind went to vfio-pci too',
      promises: ['host-display'],
      names: sharedCard,
      spoil: bind(sharedCard, 'vfio-pci'),
      mend: bind(sharedCard, 'bochs-drm'),
    },
    {
      what: 'one page is missing',
      promises: ['hugepages'],
      names: 'Node 1',
      spoil: `cat ${poolOf(1)} >/root/pages && echo $(($(cat /root/pages) - 1)) >${poolOf(1)}`,
      mend: `cat /root/pages >${poolOf(1)}`,
    },
    {
      what: 'an argument of the kernel has a look-alike in its place',
      promises: ['kernel-argument'],
      names: 'hugepages',
      spoil: pretend('s/\\bhugepages=/hugepages_x=/'),
      mend: stopPretending,
    },
    {
      what: 'the file of the guest pins its emulator elsewhere',
      promises: ['file'],
      names: domain,
      spoil: `${keep(domain)}; sed -i "s/<emulatorpin cpuset='[^']*'/<emulatorpin cpuset='0'/" ${domain}`,
      mend: giveBack(domain),
    },
    {
      what: "GRUB's settings have lost the arguments",
      promises: ['file'],
      names: '/etc/default/grub',
      spoil: `${keep('/etc/default/grub')}; sed -i 's/ hugepages=[^ "]*//' /etc/default/grub`,
      mend: giveBack('/etc/default/grub'),
    },
  ],
];

export const brokenPromises = {
  name: 'broken-promises',
  isFast: false,
  title: 'verify says NOT KEPT for each kind of promise that can be broken on a running host, and for nothing else',
  run: async (lab) => {
    const machine = await appliedHostOf(lab);
    const good = await promisesOf(machine);
    lab.say(`kept: ${[...new Set(good.promises.map(({id}) => id))].join(', ')}`);
    expectEqual(
      [good.code, good.promises.filter(({status}) => status !== 'kept')],
      [0, []],
      'verify before anything is broken',
    );
    await machine.run('mkdir -p /root/kept');
    const [older] = await kernelsOf(machine);
    const early = await machine.run(`grep -l ${guestCard} -r /etc/initramfs-tools/scripts | head -n 1`);
    for (const breakages of breakagesOf({image: `/boot/initrd.img-${older}`, early}))
      await breakTogether(lab, machine, breakages);
    lab.say('mended: all are kept again');
    await expectDrivers(machine, {isGivenAway: true});
    expectMatch(await machine.run('vfio-pilot verify', 150), / 0 not kept, 0 pending/, 'verify');
  },
};

const breakTogether = async (lab, machine, breakages) => {
  for (const {spoil} of breakages) await machine.run(spoil);
  const {code, promises} = await promisesOf(machine);
  for (const {mend} of breakages.toReversed()) await machine.run(mend);
  const results = promises
    .filter(({status}) => status !== 'kept')
    .map(({id, status, promise, fact}) => ({id, status, words: `${promise} ${fact}`}));
  const isAbout = ({id, status, words}, {names}, wanted) =>
    id === wanted && status === 'broken' && words.includes(names);
  for (const breakage of breakages) {
    const unseen = breakage.promises.filter((wanted) => !results.some((result) => isAbout(result, breakage, wanted)));
    lab.figure(breakage.what, 'NOT KEPT', unseen.length === 0 ? 'NOT KEPT' : `${unseen.join(', ')} kept`);
  }
  const others = results.filter(
    (result) => !breakages.some((breakage) => breakage.promises.some((wanted) => isAbout(result, breakage, wanted))),
  );
  for (const {id, status, words} of others) lab.say(`${status} [${id}] ${words}`);
  lab.figure('promises that nobody broke', '0 not kept', `${others.length} not kept`);
  expectTrue(code !== 0, 'verify ended with 0 although promises are broken');
};
