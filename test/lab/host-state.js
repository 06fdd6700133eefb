import {expectEqual, expectMatch, expectTrue} from './expect.js';
import {hostCard} from './machine/host.js';

/** The driver of each function, in the order of the addresses, as sysfs has it. */
export const driversOf = async (machine, addresses) =>
  (
    await machine.run(
      `for a in ${addresses.join(' ')}; do basename "$(readlink /sys/bus/pci/devices/$a/driver || echo none)"; done`,
    )
  ).split('\n');

/** Every function of the host is with the driver that its description names; those of the card with `keeper` where it is given away. */
export const expectDrivers = async (machine, {isGivenAway, keeper = 'vfio-pci'}) => {
  const {card, others} = machine.host;
  const wanted = [
    ...card.functions.map(({address, driver}) => ({address, driver: isGivenAway ? keeper : driver})),
    ...others,
  ];
  const found = await driversOf(
    machine,
    wanted.map(({address}) => address),
  );
  expectEqual(
    wanted.map(({address}, index) => `${address} ${found[index]}`),
    wanted.map(({address, driver}) => `${address} ${driver}`),
    'the drivers of all functions',
  );
  expectMatch(await consoleOf(machine), new RegExp(hostCard), "the host's console");
};

export const commandLineOf = (machine) => machine.run('cat /proc/cmdline');

/** Pages of 2 MiB on node 0 and node 1, as the kernel counts them. */
export const hugepagesOf = async (machine, count = 'nr') =>
  (await machine.run(`cat /sys/devices/system/node/node[01]/hugepages/hugepages-2048kB/${count}_hugepages`))
    .split('\n')
    .map(Number);

/** All memory of a guest on the node of its card, and nothing elsewhere. */
export const pagesOnCardNode = ({nodes, card}, memoryMiB) =>
  nodes.map((_, node) => (node === card.node ? memoryMiB / 2 : 0));

/** Checksum, mode and owner of every file that could be managed; systemd-boot itself renews its random seed at each start. */
export const filesOf = (machine) =>
  machine.run(
    "places='/etc /boot'; ! mountpoint -q /boot/efi || places=\"$places /boot/efi\"; (find $places -xdev -printf '%p %y %m %u %g %l\\n'; find $places -xdev -type f ! -path /boot/efi/loader/random-seed -exec sha256sum {} +) | sort",
    120,
  );

/** GRUB itself writes into grubenv when it starts what was chosen for one boot. */
export const withoutEnvironment = (files) => withoutLines(files, /\/boot\/grub\/grubenv/);

/** Without what `apply --trial` adds with GRUB. */
export const withoutTrial = (files) =>
  withoutLines(
    withoutEnvironment(files),
    /vfio-pilot-trial|custom\.cfg|\/etc\/systemd\/system\/sysinit\.target\.wants d/,
  );

const withoutLines = (text, pattern) =>
  text
    .split('\n')
    .filter((line) => !pattern.test(line))
    .join('\n');

/** The framebuffer console of the host's own card is alive and is the first one. */
const consoleOf = (machine) =>
  machine.run(
    'cat /proc/fb; readlink -f /sys/class/graphics/fb0/device | xargs basename; cat /sys/class/vtconsole/vtcon*/bind | tr "\\n" " "',
  );

/** What each boot entry of GRUB's menu for recovery starts. */
export const recoveryLinesOf = (machine) =>
  machine.run('awk \'/menuentry /{recovery = /recovery mode/} recovery && $1 == "linux"\' /boot/grub/grub.cfg');

export const kernelsOf = async (machine) =>
  (await machine.run('ls /boot/vmlinuz-* | sed s,/boot/vmlinuz-,, | sort -V')).split('\n');

/** Each installed kernel's image claims every function of the card before udev starts, and has the module for it. */
export const expectClaims = async (machine) => {
  for (const kernel of await kernelsOf(machine)) {
    const early = await machine.run(
      `zstdcat /boot/initrd.img-${kernel} | cpio -i --quiet --to-stdout 'scripts/init-top/*'; zstdcat /boot/initrd.img-${kernel} | cpio -t --quiet | grep /vfio-pci.ko`,
      120,
    );
    const missing = [...machine.host.card.functions.map(({address}) => address), 'vfio-pci.ko'].filter(
      (word) => !early.includes(word),
    );
    expectEqual(missing, [], `what the image of ${kernel} lacks`);
  }
};

/** Of what was applied last, or of a profile. */
export const promisesOf = async (machine, profile) => {
  const of = profile === undefined ? '' : ` --profile ${profile}`;
  const {code, output} = await machine.tryRun(`vfio-pilot verify${of} --json`, 150);
  const {promises} = JSON.parse(output);
  return {code, promises};
};

/** Of a card that is taken when the guest starts it is unknown, while the guest is off, where it is going to be. */
export const expectKept = async (machine) => {
  const {promises} = await promisesOf(machine);
  expectEqual(
    promises.filter(({status}) => status !== 'kept'),
    [],
    'promises that are not kept',
  );
  expectTrue(promises.length > 0, 'no promise was looked at');
};

/** As a user makes it without the wizard; the card is said to have a monitor, so its loss is accepted. */
export const makeProfile = async (machine, address, {guest = 'lab', os = 'linux', vcpus = 2, memoryMiB = 512} = {}) => {
  await machine.run(
    `vfio-pilot profile new --device ${address} --guest ${guest} --os ${os} --vcpus ${vcpus} --memory ${memoryMiB}MiB --out lab.yaml && printf '\\nhost:\\n  acceptLossOf: [${address}]\\n' >> lab.yaml`,
    180,
  );
};

export const planOf = async (machine, file) => {
  const {code, output} = await machine.tryRun(`vfio-pilot plan ${file} --json`, 60);
  return {code, ...JSON.parse(output)};
};

/**
 * Each thread of a running guest by its name, with the CPUs that the kernel lets it use. QEMU's workers come and go: one
 * that ends while it is read is left out.
 */
export const threadsOf = async (machine, guest) =>
  (
    await machine.run(
      `for t in /proc/$(cat /run/libvirt/qemu/${guest}.pid)/task/*; do name=$(cat $t/comm 2>/dev/null) && cpus=$(sed -n "s/^Cpus_allowed_list:\\t//p" $t/status 2>/dev/null) && echo "$name=$cpus"; done; true`,
    )
  )
    .split('\n')
    .map((line) => line.split('='))
    .map(([name, cpus]) => ({name, cpus: parseCpus(cpus)}));

/** `4,6-7`, as the kernel writes lists of CPUs. */
export const parseCpus = (list) =>
  list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({length: last - first + 1}, (_, index) => first + index);
    });

/** The kernel's account of the guest's hugepages: one line for each mapping. */
export const hugeMapsOf = (machine, guest) =>
  machine.run(`grep -h huge /proc/$(cat /run/libvirt/qemu/${guest}.pid)/numa_maps`);

/** A unit that makes something for guests was done before libvirt's daemon began, which starts guests with the host. */
export const expectUnitBeforeGuests = async (machine, unit) => {
  const order = await machine.run(
    `systemctl show -p ActiveEnterTimestampMonotonic --value ${unit}; systemctl show -p ExecMainStartTimestampMonotonic --value libvirtd.service`,
  );
  const [made, started] = order.split('\n').map(Number);
  expectTrue(made > 0 && made <= started, `${unit} was done at ${made}, and libvirtd began at ${started}`);
};
